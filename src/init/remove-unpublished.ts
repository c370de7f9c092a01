import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../contract/layout.ts';

/** As `publish` and `publishCopy` name what is not whole yet. */
const temporaryName = /^\..+\.[0-9]+\.tmp$/;

/**
 * Removes what an `init` that was killed had half published, the program's 122 MB among it: each has a process number of
 * its own, so none would ever take the place of another's.
 *
 * @param runtime the directory of this runtime
 */
export function removeUnpublished({ root }: Layout, runtime: string): void {
  for (const directory of [root, runtime]) {
    for (const name of namesIn(directory)) {
      if (temporaryName.test(name)) removeFile(join(directory, name));
    }
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // One that this user may write and not read: what is left there only takes room.
  }
}

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A directory, say: it is nothing of ours.
  }
}
