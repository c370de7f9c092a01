import { closeSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { isSparse, SparseReader } from '../kernel/sparse-reader.ts';
import { isKernelFile, readKernelFile } from './find/kernel-files.ts';
import type { Root } from './find/member.ts';
import { openMember } from './find/read-file.ts';
import type { SavedFile } from './saved-file.ts';
import type { Saving } from './saving.ts';

/**
 * Copies a file up to the size that it had when it was found, holes as holes. Kernel files are copied whole.
 * @throws the operating system's error, NotSaved, Stopped
 */
export async function copyFile({ path, stats }: Root, to: SavedFile, saving: Saving): Promise<void> {
  if (stats.blocks === 0 && isKernelFile(path)) return to.write(readKernelFile(path));
  const from = openMember(path);
  try {
    const reader = new SparseReader(from, { size: stats.size, sparse: isSparse(stats) });
    const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(limits.copyBytes, stats.size)));
    for (;;) {
      const hole = Math.min(reader.hole(), limits.copyBytes);
      const read = hole > 0 ? 0 : reader.read(buffer);
      if (hole + read === 0) return;
      reader.skip(hole);
      to.writeZeros(hole);
      to.write(buffer.subarray(0, read));
      saving.count(hole + read);
      if (saving.mustYield) await saving.yieldTurn();
    }
  } finally {
    closeSync(from);
  }
}
