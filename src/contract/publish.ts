import { chmodSync, constants, copyFile, openSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pid } from 'node:process';
import { promisify } from 'node:util';
import { displace } from '../base/displace.ts';
import { removeFile } from '../base/remove-file.ts';
import { type Place, publishAt } from './unpublished-file.ts';

/** The temporary names of a `TrustedPlace`. */
const temporaryName = /^\..+\.[0-9]+\.tmp$/;

/**
 * Publishes a file atomically, in a directory whose path is trusted. See `UnpublishedFile`.
 *
 * @param mode the file's mode, whatever the umask
 * @throws the operating system's error; nothing is left behind
 */
export function publish(path: string, content: string | Uint8Array, mode = 0o644): void {
  publishAt(new TrustedPlace(path), content, mode);
}

/**
 * Publishes a copy of a large file, as `publish` does for bytes. The copy shares the file's blocks if the file system
 * supports that; otherwise the kernel copies it. So it has no descriptor, and the bytes never pass through this
 * process.
 *
 * @throws the operating system's error; nothing is left behind
 */
export async function publishCopy(source: string, path: string, mode: number): Promise<void> {
  const place = new TrustedPlace(path);
  try {
    displace(place.temporary);
    const flags = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;
    await promisify(copyFile)(source, place.temporary, flags);
    chmodSync(place.temporary, mode);
    place.publish();
  } catch (error) {
    place.remove();
    throw error;
  }
}

/** Whether a file of this name was left by a killed process before it was published. */
export function isUnpublished(name: string): boolean {
  return temporaryName.test(name);
}

class TrustedPlace implements Place {
  readonly temporary: string;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    this.temporary = join(dirname(path), `.${basename(path)}.${pid}.tmp`);
  }

  create(mode: number): number {
    displace(this.temporary);
    // 'wx' never follows a link that someone may have put there.
    return openSync(this.temporary, 'wx', mode);
  }

  publish(): void {
    renameSync(this.temporary, this.#path);
  }

  remove(): void {
    removeFile(this.temporary);
  }
}
