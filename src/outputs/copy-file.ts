import { closeSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { isKernels, readKernelFile } from './kernel-files.ts';
import type { Root } from './members.ts';
import { openMember, readFull } from './read-file.ts';
import type { SavedFile } from './saved-file.ts';

/** Copies one file's bytes, as many as it had when it was found; of the kernel's, all. @throws the operating system's error, NotSaved */
export function copyFile({ path, stats }: Root, to: SavedFile): void {
  if (stats.blocks === 0 && isKernels(path)) return to.write(readKernelFile(path));
  const from = openMember(path);
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(limits.copyBytes, stats.size)));
    for (let left = stats.size; left > 0; ) {
      const read = readFull(from, buffer.subarray(0, left));
      if (read === 0) return;
      to.write(buffer.subarray(0, read));
      left -= read;
    }
  } finally {
    closeSync(from);
  }
}
