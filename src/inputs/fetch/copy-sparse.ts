import { ftruncateSync } from 'node:fs';
import { writeWhole } from '../../base/write-whole.ts';
import { SparseReader } from '../../kernel/sparse-reader.ts';

/**
 * Copies the data of a sparse file up to a size and keeps its holes: they are not read and take no space.
 *
 * @param how `piece` is the buffer to copy with
 * @returns the size of the copy, including holes; smaller than `size` if the file has shrunk
 * @throws the operating system's error
 */
export function copySparse(
  source: number,
  target: number,
  { size, piece }: { readonly size: number; readonly piece: Buffer },
): number {
  const reader = new SparseReader(source, { size, sparse: true });
  let copied = 0;
  for (;;) {
    const hole = reader.hole();
    reader.skip(hole);
    const read = reader.read(piece);
    writeWhole(target, piece.subarray(0, read), copied + hole);
    copied += hole + read;
    if (hole + read === 0) break;
  }
  // The file may end with a hole.
  ftruncateSync(target, copied);
  return copied;
}
