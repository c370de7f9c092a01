import { createHash } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import { DeliveryError } from '../../base/delivery-error.ts';
import { errnoOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { nextTurn } from '../../base/timer.ts';
import { isPassing } from '../../contract/read-result.ts';
import type { Volume } from '../../contract/volume.ts';
import { Utf8Check } from './utf8-check.ts';

/** A saved output, as a database takes it; it is never in memory as a whole. `reason` is a clause. */
export type OutputFile =
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'file';
      /** Text is stored as it is, everything else as base64. */
      readonly isText: boolean;
      /** Bytes as they are stored. */
      readonly bytes: number;
      /** These bytes, in order; each piece holds until the next is asked for. @throws Changed where the file is another one meanwhile */
      pieces(): AsyncIterable<Buffer>;
    };

/** The file was changed between the two times that it was read. */
export class Changed extends Error {}

/**
 * Looks at a saved output: its checksum, and whether it is text, in constant memory.
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
  if (hash.digest('hex') !== sha256) throw new Changed('was changed while it was read');
}

/** Each piece but the last is a multiple of three bytes, so that their base64 can be put together. */
async function* readPieces(volume: Volume, path: string): AsyncIterable<Buffer> {
  const opened = volume.openFile(path);
  if ('kind' in opened) {
    if (opened.kind === 'absent') throw new Changed('is not there');
    if (opened.passes !== 'soon') throw new Changed(opened.reason);
    throw new DeliveryError(`Cannot read "${path}": it ${opened.reason}`, { permanent: false });
  }
  try {
    const tooLarge = `is larger than ${limits.artifactBytes} bytes`;
    if (opened.size > limits.artifactBytes) throw new Changed(tooLarge);
    // The same for all of them: what is thrown away is not given back at once.
    const piece = Buffer.allocUnsafeSlow(limits.artifactPieceBytes);
    for (let offset = 0; ; ) {
      const count = fill(opened.descriptor, piece, offset, path);
      if (count > 0) yield piece.subarray(0, count);
      offset += count;
      if (count < piece.length) return;
      // It grows while it is read.
      if (offset > limits.artifactBytes) throw new Changed(tooLarge);
      await nextTurn();
    }
  } finally {
    closeSync(opened.descriptor);
  }
}

/** @throws DeliveryError where another try may help */
function fill(descriptor: number, piece: Buffer, offset: number, path: string): number {
  let filled = 0;
  try {
    for (let count = -1; count !== 0 && filled < piece.length; filled += count)
      count = readSync(descriptor, piece, filled, piece.length - filled, offset + filled);
  } catch (cause) {
    const code = errnoOf(cause);
    if (!isPassing(code)) throw new Changed(`cannot be read (${code})`);
    throw new DeliveryError(`Cannot read "${path}" (${code})`, { permanent: false, cause });
  }
  return filled;
}
