import { chmodSync, lstatSync, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { Fault } from '../base/fault.ts';
import { makeDirectory } from './make-directory.ts';

const mode = 0o755;
const writableByOthers = 0o022;

/**
 * Makes a directory that only `init` writes to. What another user has put there goes: what is executed from it must be
 * ours. One of our own gets its mode back.
 *
 * @param owner our number on this volume, as `ownerOn` tells it
 * @throws Fault `volume` when somebody else's stays; the operating system's error
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

/** Whose the files are that this process makes on a volume: one over a network may give them to nobody. */
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
