import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  type PathLike,
  readSync,
  statSync,
} from 'node:fs';
import { errnoOf } from './fault.ts';
import { limits } from './limits.ts';

/**
 * How the whole program reads a file that somebody else has made: regular files alone, waiting for nobody, no more than
 * a limit. What is there is looked at before it is opened: opening a device may already wait, or do something.
 * (The reporter's `Volume` finds its files itself, and reads them by `readUpTo`.)
 */

/**
 * Reads a file that a person has named. Links are followed: Kubernetes mounts secrets as links.
 *
 * @param limit bytes; a larger file is refused
 * @param pipes whether a descriptor of our caller's (`/dev/stdin`, `/dev/fd/63`) may be a pipe, which is read to its end
 * @throws an error whose message is a clause (`it is not a regular file`), or the operating system's
 */
export function readRegular(path: string, limit: number, pipes = false): Buffer {
  const file = openRegular(path, pipes && passedDescriptor.test(path));
  try {
    return readWhole(file, limit);
  } finally {
    closeSync(file);
  }
}

/**
 * Reads a file on the shared volume, where anybody may have put anything: no link is followed.
 *
 * @param options `cut`: of a larger file the beginning is taken; `check` is called with its owner's number, and may throw
 * @returns its bytes, or null where nothing is there
 * @throws as `readRegular`
 */
export function readOnVolume(
  path: string,
  limit: number,
  { cut = false, check }: { readonly cut?: boolean; readonly check?: (owner: number) => void } = {},
): Buffer | null {
  // Asked first: mostly there is none, and an exception would take longer.
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (!found.isFile()) throw new Error(otherReason);
  let file: number | null = null;
  try {
    file = openFile(path, constants.O_NOFOLLOW, false);
    check?.(fstatSync(file).uid);
    return cut ? readUpTo(file, limit) : readWhole(file, limit);
  } catch (error) {
    if (file === null && errnoOf(error) === 'ENOENT') return null; // Removed since.
    throw error;
  } finally {
    if (file !== null) closeSync(file);
  }
}

/**
 * Opens a regular file that a person has named; the caller closes the descriptor.
 * @param pipes whether it may be a pipe
 * @throws as `readRegular`
 */
export function openRegular(path: PathLike, pipes = false): number {
  const found = statSync(path, { throwIfNoEntry: false });
  // Where nothing is, open(2) says so.
  if (found?.isFile() === false && !(pipes && found.isFIFO())) throw new Error(otherReason);
  return openFile(path, 0, pipes);
}

/** A file's bytes from where it stands, at most `limit` of them; those of a pipe up to its end. */
export function readUpTo(descriptor: number, limit: number): Buffer {
  const pieces: Buffer[] = [];
  const deadline = performance.now() + limits.passedPipeMs;
  for (let total = 0; total < limit; ) {
    const piece = Buffer.allocUnsafe(Math.min(limits.smallReadBytes, limit - total));
    const count = readOrWait(descriptor, piece, deadline);
    if (count === 0) break;
    pieces.push(piece.subarray(0, count));
    total += count;
  }
  return Buffer.concat(pieces);
}

const otherReason = 'it is not a regular file';
const passedDescriptor = /^\/dev\/stdin$|^\/dev\/fd\/\d+$|^\/proc\/(?:self|\d+)\/fd\/\d+$/;

function openFile(path: PathLike, flags: number, pipes: boolean): number {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | flags);
  const found = fstatSync(file);
  if (found.isFile() || (pipes && found.isFIFO())) return file;
  closeSync(file);
  throw new Error(otherReason);
}

function readWhole(file: number, limit: number): Buffer {
  // One byte more than the limit tells a file that is too large, also while it grows.
  const bytes = readUpTo(file, limit + 1);
  if (bytes.length > limit) throw new Error(`larger than ${limit} bytes`);
  return bytes;
}

/** Our own opening of a pipe does not block, whatever our caller's does. */
function readOrWait(descriptor: number, piece: Buffer, deadline: number): number {
  for (;;) {
    try {
      return readSync(descriptor, piece, 0, piece.length, null);
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN' || !fstatSync(descriptor).isFIFO()) throw error;
      if (performance.now() > deadline)
        throw new Error(`its pipe was not at its end after ${limits.passedPipeMs / 1000} s`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, limits.printAgainMs);
    }
  }
}
