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
 * How the program reads a file that someone else has made: regular files only, never blocking, up to a limit. The
 * file type is checked before opening: opening a device may block or have side effects. (The reporter's `Volume`
 * opens its files itself and reads them with `readUpTo`.)
 */

/**
 * Reads a file that the user has named. Follows links: Kubernetes mounts secrets as links.
 *
 * @param limit bytes; a larger file is rejected
 * @param pipes whether an inherited descriptor (`/dev/stdin`, `/dev/fd/63`) may be a pipe, which is read to its end
 * @throws an error whose message is a clause (`it is not a regular file`), or the operating system's error
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
 * Reads a file on the shared volume, where any container may have put anything: no link is followed.
 *
 * @param options `cut`: read only the beginning of a larger file; `check` is called with the owner's user ID and
 *   may throw
 * @returns its bytes, or null if nothing is there
 * @throws as `readRegular`
 */
export function readOnVolume(
  path: string,
  limit: number,
  { cut = false, check }: { readonly cut?: boolean; readonly check?: (owner: number) => void } = {},
): Buffer | null {
  // Checked first: usually nothing is there, and an exception would take longer.
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (!found.isFile()) throw new Error(otherReason);
  let file: number | null = null;
  try {
    file = openFile(path, constants.O_NOFOLLOW, false);
    check?.(fstatSync(file).uid);
    return cut ? readUpTo(file, limit) : readWhole(file, limit);
  } catch (error) {
    if (file === null && errnoOf(error) === 'ENOENT') return null; // Removed in the meantime.
    throw error;
  } finally {
    if (file !== null) closeSync(file);
  }
}

/**
 * Opens a regular file that the user has named; the caller closes the descriptor.
 *
 * @param pipes whether it may be a pipe
 * @throws as `readRegular`
 */
export function openRegular(path: PathLike, pipes = false): number {
  const found = statSync(path, { throwIfNoEntry: false });
  // If nothing is there, open(2) reports it.
  if (found?.isFile() === false && !(pipes && found.isFIFO())) throw new Error(otherReason);
  return openFile(path, 0, pipes);
}

/** Reads from the descriptor's current position, at most `limit` bytes; a pipe is read to its end. */
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
  // One byte more than the limit detects a file that is too large, even while it grows.
  const bytes = readUpTo(file, limit + 1);
  if (bytes.length > limit) throw new Error(`larger than ${limit} bytes`);
  return bytes;
}

/** We open the pipe non-blocking, whatever mode our parent opened it in. */
function readOrWait(descriptor: number, piece: Buffer, deadline: number): number {
  for (;;) {
    try {
      return readSync(descriptor, piece, 0, piece.length, null);
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN' || !fstatSync(descriptor).isFIFO()) throw error;
      if (performance.now() > deadline)
        throw new Error(`the pipe did not end within ${limits.passedPipeMs / 1000} s`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, limits.writeRetryMs);
    }
  }
}
