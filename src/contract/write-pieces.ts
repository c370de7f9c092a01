import { ftruncateSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { writeWhole } from './publish.ts';

/**
 * Writes pieces one after the other, and leaves a hole where one is all zeros: a job makes a file of any size out of
 * nothing (truncate(2)), and a copy of it must not fill the disk. A number is a hole of so many bytes.
 */
export async function writeSparse(file: number, pieces: AsyncIterable<Uint8Array | number>): Promise<void> {
  let size = 0;
  for await (const piece of pieces) {
    if (typeof piece === 'number') {
      size += piece;
      continue;
    }
    if (!isZero(piece)) writeWhole(file, piece, size);
    size += piece.length;
  }
  ftruncateSync(file, size);
}

const zeros = Buffer.alloc(limits.copyBytes);

function isZero(piece: Uint8Array): boolean {
  return piece.length <= zeros.length && zeros.compare(piece, 0, piece.length, 0, piece.length) === 0;
}
