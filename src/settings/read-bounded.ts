import { closeSync, openSync, readSync } from 'node:fs';

const pieceBytes = 64 * 1024;

/**
 * Reads a text that may also come from a pipe or a device, which have no size and give it in pieces.
 * @param limit bytes
 * @throws an error that says what is wrong: larger than the limit, or the operating system's
 */
export function readBounded(path: string, limit: number): string {
  const file = openSync(path, 'r');
  try {
    const pieces: Buffer[] = [];
    for (let total = 0; ; ) {
      const piece = Buffer.allocUnsafe(pieceBytes);
      const count = readSync(file, piece);
      if (count === 0) return Buffer.concat(pieces).toString();
      total += count;
      if (total > limit) throw new Error(`larger than ${limit} bytes`);
      pieces.push(piece.subarray(0, count));
    }
  } finally {
    closeSync(file);
  }
}
