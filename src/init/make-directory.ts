import { chmodSync, lstatSync, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pid, umask } from 'node:process';
import { errnoOf, Fault } from '../base/fault.ts';

const ownMode = 0o755;
const writableByOthers = 0o022;

/**
 * Makes a directory with this mode, whatever the umask; an existing one is left unchanged. A link in its place is not
 * followed: on a shared volume it may be anyone's.
 *
 * @throws the operating system's error; EEXIST if something else is in its place
 */
export function makeDirectory(path: string, mode: number): void {
  try {
    const before = umask(0);
    try {
      mkdirSync(path, mode);
    } finally {
      umask(before);
    }
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST' || !lstatSync(path).isDirectory()) throw error;
  }
}

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
  makeDirectory(path, ownMode);
  const { uid, mode } = lstatSync(path);
  if (uid !== owner)
    throw new Fault('volume', `Cannot use "${path}": it belongs to user ${uid}, not to init`);
  if ((mode & writableByOthers) !== 0) chmodSync(path, ownMode);
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
