import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { errnoOf } from '../base/fault.ts';

/**
 * Reads a small file that others write: follows no link, waits for nobody, and takes no more than `limit` bytes.
 *
 * @returns its bytes, or null where nothing is there
 * @throws an error that says what is there instead of a regular file, or the operating system's
 */
export function readSmallFile(path: string, limit: number): Buffer | null {
  // Asked first: mostly there is none, and an exception would take longer.
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (!found.isFile()) throw new Error('it is not a regular file');
  const file = openNow(path);
  if (file === null) return null;
  try {
    if (!fstatSync(file).isFile()) throw new Error('it is not a regular file');
    const bytes = Buffer.alloc(limit);
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

/** Null where it was removed since. */
function openNow(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
