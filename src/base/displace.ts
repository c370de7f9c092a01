import { lstatSync, renameSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pid } from 'node:process';

/**
 * Clears a path if something is there. Removes a file, a link or a FIFO; renames a directory, since it may hold
 * anything and rename(2) cannot put a file over it.
 *
 * @throws the operating system's error
 */
export function displace(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (found.isDirectory()) {
    renameSync(path, join(dirname(path), `.${basename(path)}.${pid}.${Date.now()}.aside`));
  } else {
    unlinkSync(path);
  }
}
