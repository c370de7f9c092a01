import { closeSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { isSparse } from '../kernel/sparse-reader.ts';
import { isKernelFile, readKernelFile } from './find/kernel-files.ts';
import type { Root } from './find/member.ts';
import { openMember } from './find/read-file.ts';
import type { Masking } from './masking.ts';
import { memberReader } from './member-reader.ts';
import type { SavedFile } from './saved-file.ts';
import type { Saving } from './saving.ts';

/**
 * Copies a file up to the size that it had when it was found, holes as holes. Kernel files are copied whole.
 * @param options `masking`: masks its secrets if it is a text
 * @throws the operating system's error, NotSaved, Stopped
 */
export async function copyFile(
  { path, stats }: Root,
  to: SavedFile,
  { saving, masking }: { readonly saving: Saving; readonly masking: Masking | null },
): Promise<void> {
  if (stats.blocks === 0 && isKernelFile(path)) {
    const content = readKernelFile(path);
    return to.write(masking?.content(content) ?? content);
  }
  const from = openMember(path);
  try {
    const seen = { size: stats.size, sparse: isSparse(stats) };
    const masked = (await masking?.file(from, seen, saving)) ?? null;
    const reader = memberReader(from, masked === null ? seen : { ...seen, masked });
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
