import { constants, openSync } from 'node:fs';
import { Fault } from '../base/fault.ts';
import type { Layout } from '../contract/layout.ts';
import { lockFile } from '../kernel/lock.ts';

/**
 * Makes the volume this `init`'s own for the life of the process: two at a time would take each other's files away, and
 * one of them could succeed with what is only half there. The lock is the directory's own and leaves nothing behind.
 *
 * @throws Fault `volume` when another `init` is at work there
 */
export function holdVolume({ root }: Layout): void {
  let directory: number;
  try {
    directory = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return; // One that this user may write and not read: it is not known, as where the volume knows no locks.
  }
  if (lockFile(directory) !== 'taken') return;
  throw new Fault('volume', `Cannot use the volume ${root}: another init is at work there`);
}
