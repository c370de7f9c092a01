import { constants, fchmodSync, fstatSync, ftruncateSync, lstatSync, openSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { displace } from '../../base/displace.ts';
import { isOutOfSpace } from '../../base/error-reason.ts';
import { limits } from '../../base/limits.ts';
import { removeFile } from '../../base/remove-file.ts';
import { writeWhole } from '../../base/write-whole.ts';
import { allocate } from '../../kernel/allocate.ts';

const published = 0o644;

/**
 * Space on the volume that is reserved for one small file: its blocks, inode and directory entry. A job that fills the
 * volume, or a leftover process that grabs every free block, cannot take it. It is not an `UnpublishedFile`, which is
 * made when it is needed: this one is made before the job starts, and stays open to be taken back.
 */
export class Reserve {
  readonly #target: string;
  readonly #path: string;
  #file: number | null = null;

  /** @param target the path of the file to publish later */
  constructor(target: string) {
    this.#target = target;
    this.#path = join(dirname(target), `.${basename(target)}.reserve`);
  }

  /**
   * Reserves this many bytes.
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
   * Turns the published file back into a reserve; the file itself is gone then.
   * @returns false if the file no longer exists, or was not published from this reserve
   */
  takeBack(): boolean {
    const file = this.#file;
    const found = lstatSync(this.#target, { throwIfNoEntry: false });
    if (file === null || found === undefined || found.ino !== fstatSync(file).ino) return false;
    renameSync(this.#target, this.#path);
    writeWhole(file, Buffer.alloc(limits.endedBytes, ' '), 0);
    return true;
  }

  /** Grows the reserve to this many bytes if there is space. @throws the operating system's error */
  grow(bytes: number): void {
    const file = this.#file;
    if (file === null) return;
    const { size } = fstatSync(file);
    try {
      writeWhole(file, Buffer.alloc(Math.max(0, bytes - size), ' '), size);
    } catch (error) {
      // Leave the last free space to the job.
      ftruncateSync(file, size);
      if (!isOutOfSpace(error)) throw error;
    }
  }

  /**
   * Replaces written blocks by allocated ones. On a copy-on-write volume, written blocks are no reserve: overwriting
   * them needs new space. Never throws.
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
      // The volume is already full: what is left of the reserve may suffice.
    }
  }

  /**
   * Publishes the file atomically in the reserved space.
   * @returns false if that is impossible: nothing is reserved, the reserve is too small, replaced or write-protected
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
      return false; // Append-only or immutable (ioctl_iflags(2)): the caller writes another file, and gets its error.
    }
  }

  /** Frees the space. Never throws. */
  free(): void {
    try {
      if (this.#file !== null && this.#isThere(this.#file)) removeFile(this.#path);
    } catch {
      // The container's next run removes it; the seal must not fail because of it.
    }
  }

  #isThere(file: number): boolean {
    const found = lstatSync(this.#path, { throwIfNoEntry: false });
    return found !== undefined && found.ino === fstatSync(file).ino && found.nlink === 1;
  }
}
