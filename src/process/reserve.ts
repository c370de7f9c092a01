import { constants, fchmodSync, fstatSync, ftruncateSync, lstatSync, openSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from '../base/fault.ts';
import { removeFile } from '../base/remove.ts';
import { writeWhole } from '../contract/publish.ts';

const published = 0o644;

/**
 * Room on the volume for one small file, taken while there is some: its blocks, its inode and its place in the directory.
 * A job that fills the volume, or a leftover that waits for every free block, cannot take it.
 */
export class Reserve {
  readonly #target: string;
  readonly #path: string;
  readonly #sizes: readonly number[];
  #file: number | null = null;

  /**
   * @param target the path of the file that is to come
   * @param sizes bytes to be had, in order of preference; a larger file cannot be published
   */
  constructor(target: string, sizes: readonly number[]) {
    this.#target = target;
    this.#path = join(dirname(target), `.${basename(target)}.reserve`);
    this.#sizes = sizes;
  }

  /** Takes the room, once. @throws the operating system's error */
  take(): void {
    if (this.#file !== null) return;
    removeFile(this.#path);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    const file = openSync(this.#path, flags, published);
    this.#file = file;
    this.#fill(file, this.#sizes);
  }

  /**
   * Makes the file appear whole, in the room that was taken.
   * @returns false when that cannot be: none was taken, it is too small, or somebody has put something else there
   * @throws the operating system's error
   */
  publish(content: Buffer): boolean {
    const file = this.#file;
    if (file === null || content.length > fstatSync(file).size || !this.#isThere(file)) return false;
    writeWhole(file, content, 0);
    ftruncateSync(file, content.length);
    fchmodSync(file, published);
    renameSync(this.#path, this.#target);
    return true;
  }

  /** Gives the room back. */
  free(): void {
    if (this.#file !== null && this.#isThere(this.#file)) removeFile(this.#path);
  }

  #fill(file: number, [bytes = 0, ...smaller]: readonly number[]): void {
    try {
      writeWhole(file, Buffer.alloc(bytes, ' '), 0);
    } catch (error) {
      if (errnoOf(error) !== 'ENOSPC' || smaller.length === 0) throw error;
      ftruncateSync(file, 0);
      this.#fill(file, smaller);
    }
  }

  #isThere(file: number): boolean {
    const found = lstatSync(this.#path, { throwIfNoEntry: false });
    return found !== undefined && found.ino === fstatSync(file).ino && found.nlink === 1;
  }
}
