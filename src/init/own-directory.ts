import { chmodSync, lstatSync, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { Fault } from '../base/fault.ts';
import { makeDirectory } from './make-directory.ts';

const mode = 0o755;
const writableByOthers = 0o022;

/**
 * Makes a directory that only `init` writes to. Removes what another user has put there: what is executed from it
 * must be ours. Restores the mode of our own directory.
 *
 * @param owner our user ID on this volume, from `ownerOn`
 * @throws Fault `volume` if another user's directory remains; the operating system's error
 */
export function makeOwnDirectory(path: string, owner: number): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory() === true && there.uid !== owner) rmSync(path, { recursive: true });
  makeDirectory(path, mode);
  const { uid, mode: found } = lstatSync(path);
  if (uid !== owner)
    throw new Fault('volume', `Cannot use "${path}": it belongs to user ${uid}, not to init`);
  if ((found & writableByOthers) !== 0) chmodSync(path, mode);
}

/** The owner of files that this process creates on a volume: a network file system may map it to nobody. */
export function ownerOn(root: string): number {
  const probe = join(root, `.owner.${pid}.tmp`);
  rmSync(probe, { recursive: true, force: true });
  mkdirSync(probe);
  try {
    return lstatSync(probe).uid;
  } finally {
    rmdirSync(probe);
  }
}
