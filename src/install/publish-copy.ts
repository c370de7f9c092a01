import { chmodSync, constants, copyFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pid } from 'node:process';

/**
 * Makes a copy of a large file appear whole, as `publish` does for bytes. It is a reference to the same blocks where the
 * file system can do that, else a copy within the kernel: the bytes never come through this process.
 *
 * @throws the operating system's error; nothing is left behind
 */
export function publishCopy(source: string, path: string, mode: number): void {
  const temporary = join(dirname(path), `.${basename(path)}.${pid}.tmp`);
  try {
    rmSync(temporary, { force: true });
    copyFileSync(source, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    chmodSync(temporary, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
