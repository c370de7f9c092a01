import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from './fault.ts';

/**
 * Makes a directory and its missing parents. Does not use Node's `recursive`, which loops forever where mkdir(2)
 * reports ENOENT although the parent exists, as in /proc.
 *
 * @param path absolute
 * @throws the operating system's error; ENOTDIR if something else is in the way
 */
export function makeDirectories(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const above = dirname(path);
    if (errnoOf(error) === 'ENOENT' && statSync(above, { throwIfNoEntry: false }) === undefined) {
      makeDirectories(above);
      mkdirSync(path);
    } else if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw error;
    }
  }
}
