import { chmodSync, closeSync, constants, fstatSync } from 'node:fs';
import { geteuid } from 'node:process';
import { openBeneath, pathOnly } from '../kernel/open-beneath.ts';

/**
 * A job that runs as our own user may have taken the rights from a file: it is ours to give them back.
 * @param directory a descriptor
 * @returns whether another try may help
 */
export function makeReadable(directory: number, path: string): boolean {
  try {
    const place = openBeneath(directory, path, pathOnly);
    try {
      const { uid, mode } = fstatSync(place);
      const isOurs = uid === geteuid?.() && (mode & constants.S_IFMT) === constants.S_IFREG;
      if (!isOurs || (mode & constants.S_IRUSR) !== 0) return false;
      chmodSync(`/proc/self/fd/${place}`, (mode & 0o777) | constants.S_IRUSR);
      return true;
    } finally {
      closeSync(place);
    }
  } catch {
    return false; // Then it is as it was.
  }
}
