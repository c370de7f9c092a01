import { chmodSync, closeSync, constants, fstatSync } from 'node:fs';
import { geteuid } from 'node:process';
import { openBeneath, pathOnly } from '../kernel/open-beneath.ts';

/**
 * Makes a file readable again: a job that runs as our own user may have removed its permissions.
 *
 * @param directory a descriptor
 * @returns whether a retry may help
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
    return false; // The file stays as it is.
  }
}
