import { lstatSync, unlinkSync } from 'node:fs';

/**
 * Removes a file, a link or a FIFO if it is there. On the way to the job's start, where `fs.rmSync` and an exception for
 * every file that is not there would take a millisecond.
 *
 * @throws the operating system's error, also for a directory
 */
export function removeFile(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) unlinkSync(path);
}
