import { constants, fchmodSync, fstatSync, ftruncateSync, lstatSync, openSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { displace } from '../../base/displace.ts';
import { limits } from '../../base/limits.ts';
import { isNoRoom } from '../../base/no-room.ts';
import { removeFile } from '../../base/remove.ts';
import { writeWhole } from '../../contract/publish.ts';
import { allocate } from '../../kernel/allocate.ts';

const published = 0o644;

/**
 * Room on the volume for one small file, taken while there is some: its blocks, its inode and its place in the directory.
 * A job that fills the volume, or a leftover that waits for every free block, cannot take it.
 */
export class Reserve {
  readonly #target: string;
  readonly #path: string;
  #file: number | null = null;

  /** @param target the path of the file that is to come */
  constructor(target: string) {
    this.#target = target;
    this.#path = join(dirname(target), `.${basename(target)}.reserve`);
  }

  /**
   * Takes room for so many bytes.
   * @throws the operating system's error
   */
  take(bytes: number): void {
    displace(this.#path);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    const file = openSync(this.#path, flags, published);
    this.#file = file;
    writeWhole(file, Buffer.alloc(bytes, ' '), 0);
  }

  /**
   * Makes a reserve again of the file that was published in the room of one, which then is no longer there.
   * @returns false when it is not there any more, or was none
   */
  takeBack(): boolean {
    const file = this.#file;
    const found = lstatSync(this.#target, { throwIfNoEntry: false });
    if (file === null || found === undefined || found.ino !== fstatSync(file).ino) return false;
    renameSync(this.#target, this.#path);
    writeWhole(file, Buffer.alloc(limits.endedBytes, ' '), 0);
    return true;
  }

  /** Takes more, so many bytes in all, if that much is there. @throws the operating system's error */
  grow(bytes: number): void {
    const file = this.#file;
    if (file === null) return;
    const { size } = fstatSync(file);
    try {
      writeWhole(file, Buffer.alloc(Math.max(0, bytes - size), ' '), size);
    } catch (error) {
      // The last of the room is the job's.
      ftruncateSync(file, size);
      if (!isNoRoom(error)) throw error;
    }
  }

  /**
   * On a volume that never overwrites what is written, written room is none: takes it as room that is written to once.
   * Never throws.
   */
  unwrite(): void {
    const file = this.#file;
    if (file === null) return;
    try {
      const { size } = fstatSync(file);
      const bytes = Math.ceil(size / limits.endedBytes) * limits.endedBytes;
      ftruncateSync(file, 0);
      if (!allocate(file, bytes)) writeWhole(file, Buffer.alloc(size, ' '), 0);
    } catch {
      // The volume is full already: what is left of the room will do, or it will not.
    }
  }

  /**
   * Makes the file appear whole, in the room that was taken.
   * @returns false when that cannot be: none was taken, it is too small, somebody has put something else there, or has
   *   forbidden to change it
   */
  publish(content: Buffer): boolean {
    const file = this.#file;
    try {
      if (file === null || content.length > fstatSync(file).size || !this.#isThere(file)) return false;
      writeWhole(file, content, 0);
      ftruncateSync(file, content.length);
      fchmodSync(file, published);
      renameSync(this.#path, this.#target);
      return true;
    } catch {
      return false; // Append-only, immutable (ioctl_iflags(2)): the caller makes another file, or learns what is wrong.
    }
  }

  /** Gives the room back, if it may. */
  free(): void {
    try {
      if (this.#file !== null && this.#isThere(this.#file)) removeFile(this.#path);
    } catch {
      // A leftover that the next run of the container removes; the seal must not fail for it.
    }
  }

  #isThere(file: number): boolean {
    const found = lstatSync(this.#path, { throwIfNoEntry: false });
    return found !== undefined && found.ino === fstatSync(file).ino && found.nlink === 1;
  }
}
