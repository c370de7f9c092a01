import { createHash } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import { DeliveryError } from '../../base/delivery-error.ts';
import { errnoOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { nextTurn } from '../../base/timer.ts';
import { isTransient } from '../../contract/read-result.ts';
import type { Volume } from '../../contract/volume.ts';
import { Utf8Check } from './utf8-check.ts';

/** A saved output in the form that a database stores; it is never completely in memory. `reason` is a clause. */
export type OutputFile =
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'file';
      /** Text is stored as it is, everything else as base64. */
      readonly isText: boolean;
      /** The size in its stored form. */
      readonly bytes: number;
      /** The bytes in their stored form; each piece is valid until the next is read. @throws Changed if the file has changed */
      pieces(): AsyncIterable<Buffer>;
    };

/** The file was changed between its two readings. */
export class Changed extends Error {}

/**
 * Checks the SHA-256 of a saved output, and whether it is text, in constant memory.
 * @param path on the volume
 * @param sha256 what the wrapper recorded
 */
export async function lookAtOutput(volume: Volume, path: string, sha256: string): Promise<OutputFile> {
  const text = new Utf8Check();
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of readPieces(volume, path)) {
      bytes += piece.length;
      hash.update(piece);
      text.add(piece);
    }
  } catch (error) {
    if (error instanceof Changed) return { kind: 'refused', reason: error.message };
    throw error;
  }
  if (hash.digest('hex') !== sha256)
    return { kind: 'refused', reason: 'is not what the wrapper saved: its SHA-256 differs' };
  const isText = text.isText();
  return {
    kind: 'file',
    isText,
    bytes: isText ? bytes : 4 * Math.ceil(bytes / 3),
    pieces: () => storedPieces(volume, path, sha256, isText),
  };
}

async function* storedPieces(
  volume: Volume,
  path: string,
  sha256: string,
  isText: boolean,
): AsyncIterable<Buffer> {
  const hash = createHash('sha256');
  const packed = isText ? null : Buffer.allocUnsafeSlow((limits.artifactPieceBytes / 3) * 4);
  for await (const piece of readPieces(volume, path)) {
    hash.update(piece);
    yield packed === null ? piece : packed.subarray(0, packed.write(piece.toString('base64'), 'latin1'));
  }
  if (hash.digest('hex') !== sha256) throw new Changed('changed while it was being read');
}

/** The length of each piece but the last is a multiple of three, so that the base64 of the pieces can be concatenated. */
async function* readPieces(volume: Volume, path: string): AsyncIterable<Buffer> {
  const opened = volume.openFile(path);
  if ('kind' in opened) {
    if (opened.kind === 'absent') throw new Changed('does not exist');
    if (opened.retry !== 'soon') throw new Changed(opened.reason);
    throw new DeliveryError(`Cannot read "${path}": it ${opened.reason}`, { permanent: false });
  }
  try {
    const tooLarge = `is larger than ${limits.artifactBytes} bytes`;
    if (opened.size > limits.artifactBytes) throw new Changed(tooLarge);
    // One buffer for all pieces: the memory of dropped buffers is not freed at once.
    const piece = Buffer.allocUnsafeSlow(limits.artifactPieceBytes);
    for (let offset = 0; ; ) {
      const count = fill(opened.descriptor, piece, offset, path);
      if (count > 0) yield piece.subarray(0, count);
      offset += count;
      if (count < piece.length) return;
      // The file may grow while it is read.
      if (offset > limits.artifactBytes) throw new Changed(tooLarge);
      await nextTurn();
    }
  } finally {
    closeSync(opened.descriptor);
  }
}

/** @throws DeliveryError if a retry may help */
function fill(descriptor: number, piece: Buffer, offset: number, path: string): number {
  let filled = 0;
  try {
    for (let count = -1; count !== 0 && filled < piece.length; filled += count)
      count = readSync(descriptor, piece, filled, piece.length - filled, offset + filled);
  } catch (cause) {
    const code = errnoOf(cause);
    if (!isTransient(code)) throw new Changed(`cannot be read (${code})`);
    throw new DeliveryError(`Cannot read "${path}" (${code})`, { permanent: false, cause });
  }
  return filled;
}
