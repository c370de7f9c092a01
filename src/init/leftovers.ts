import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { firstNames } from '../contract/first-names.ts';
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

/**
 * The seal of a job that ended on this volume before, or null. It is not removed: a restarted pod runs its init
 * container again, and then the seal is this job's own.
 */
export function earlierSeal(layout: Layout): string | null {
  const seals = containers(layout).map((name) => layout.container(name).exitCode);
  return seals.find((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true) ?? null;
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

function containers(layout: Layout): readonly string[] {
  try {
    return firstNames(layout.containers, limits.listedNames);
  } catch (error) {
    // A foreign volume may be unreadable: then it is unknown, which stops no job.
    if (errnoOf(error) === null) throw error;
    return [];
  }
}
