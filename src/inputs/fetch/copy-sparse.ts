import { ftruncateSync } from 'node:fs';
import { writeWhole } from '../../contract/publish.ts';
import { SparseReader } from '../../kernel/sparse.ts';

/**
 * Copies what a file with holes has up to a size, and leaves the holes: they neither are read nor take room.
 * @param how `piece` is memory to copy with
 * @returns the bytes that the copy has, holes too; fewer than the size where the file has shrunk
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
    reader.pass(hole);
    const read = reader.read(piece);
    writeWhole(target, piece.subarray(0, read), copied + hole);
    copied += hole + read;
    if (hole + read === 0) break;
  }
  // Its end may be a hole.
  ftruncateSync(target, copied);
  return copied;
}
