import { lstatSync, renameSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pid } from 'node:process';

/**
 * Makes a place free, if something is there: a file, a link or a FIFO is removed; a directory, over which no file can be
 * renamed and in which there may be anything, is set aside under another name.
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
