import { chmodSync, constants, renameSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pid } from 'node:process';

/**
 * Publishes a copy of a large file atomically, as `publish` does for bytes. The copy shares the file's blocks if the
 * file system supports that; otherwise the kernel copies it, and the bytes never pass through this process.
 *
 * @throws the operating system's error; nothing is left behind
 */
export async function publishCopy(source: string, path: string, mode: number): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${pid}.tmp`);
  try {
    rmSync(temporary, { force: true });
    await copyFile(source, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    chmodSync(temporary, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
