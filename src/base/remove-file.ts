import { lstatSync, unlinkSync } from 'node:fs';

/**
 * Removes a file, a link or a FIFO if it is there. Used before the job starts, where `fs.rmSync`, or an exception for
 * every missing file, would cost a millisecond.
 *
 * @throws the operating system's error, also for a directory
 */
export function removeFile(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) unlinkSync(path);
}
