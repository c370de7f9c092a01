import { ftruncateSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { writeWhole } from '../base/write-whole.ts';

/**
 * Writes pieces in sequence, with a hole for each piece of zeros: a job can create a file of any size without writing
 * it (truncate(2)), and a copy of it must not fill the disk. A number is a hole of that many bytes.
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
