import { lstatSync } from 'node:fs';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { firstNames } from '../contract/first-names.ts';
import type { Layout } from '../contract/layout.ts';

/**
 * The seal of a job that ended on this volume before, or null. It is not removed: a restarted pod runs its init
 * container again, and then the seal is this job's own.
 */
export function earlierSeal(layout: Layout): string | null {
  const seals = containers(layout).map((name) => layout.container(name).exitCode);
  return seals.find((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true) ?? null;
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
