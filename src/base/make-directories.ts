import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from './fault.ts';

/**
 * Makes a directory with all that are above it. Not by `recursive`, which in Node tries for ever where the system says
 * ENOENT though the directory above is there, as in /proc.
 *
 * @param path absolute
 * @throws the operating system's error; ENOTDIR where something else is in the way
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
