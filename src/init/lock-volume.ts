import { constants, openSync } from 'node:fs';
import { Fault } from '../base/fault.ts';
import type { Layout } from '../contract/layout.ts';
import { lockFile } from '../kernel/lock.ts';

/**
 * Locks the volume for this `init`, for the life of the process: two at a time would remove each other's files, and
 * one could succeed with a half-installed volume. The lock is on the directory itself and leaves nothing behind.
 *
 * @throws Fault `volume` if another `init` is running there
 */
export function lockVolume({ root }: Layout): void {
  let directory: number;
  try {
    directory = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return; // This user may write but not read it: it stays unlocked, as on a volume without locks.
  }
  if (lockFile(directory) !== 'taken') return;
  throw new Fault('volume', `Cannot use the volume ${root}: another init is at work there`);
}
