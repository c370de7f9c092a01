import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../contract/layout.ts';
import { isUnpublished } from '../contract/publish.ts';

/**
 * Removes unpublished leftovers of a killed `init`, among them the program's 92 MB: each name contains a process ID,
 * so no later `init` would overwrite it.
 *
 * @param runtime the directory of this runtime
 */
export function removeUnpublished({ root }: Layout, runtime: string): void {
  for (const directory of [root, runtime]) {
    for (const name of namesIn(directory)) {
      if (isUnpublished(name)) removeFile(join(directory, name));
    }
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // This user may write but not read it: leftovers there only take space.
  }
}

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A directory, for example: it is not ours.
  }
}
