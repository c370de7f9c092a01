import { createHash } from 'node:crypto';
import { closeSync, fchmodSync, ftruncateSync } from 'node:fs';
import { errnoOf, messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { noRoomReasons } from '../base/no-room.ts';
import type { Layout } from '../contract/layout.ts';
import { writeWhole } from '../contract/publish.ts';
import { zerosOf } from './pack/zeros.ts';
import { NotSaved } from './reasons.ts';
import { SavedPlace } from './saved-place.ts';

const readableFile = 0o644;

/**
 * A file of the volume's `outputs/` that is being written: under another name until it is whole. Its length and
 * SHA-256 are taken on the way.
 */
export class SavedFile {
  readonly #place: SavedPlace;
  readonly #file: number;
  readonly #most: number | null;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #open = true;

  /**
   * @param layout the volume's; `path` is below its root
   * @param most bytes that it may have; null = as many as the volume takes
   * @throws NotSaved
   */
  constructor(layout: Layout, path: string, most: number | null) {
    this.#most = most;
    this.#place = writing(() => new SavedPlace(layout, path));
    try {
      this.#file = writing(() => this.#place.create(readableFile));
    } catch (error) {
      this.#place.close();
      throw error;
    }
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  write(bytes: Uint8Array): void {
    const place = this.#bytes;
    this.#take(bytes);
    writing(() => writeWhole(this.#file, bytes, place));
  }

  /** Leaves a hole, which reads as so many zeros. */
  writeZeros(bytes: number): void {
    for (let left = bytes; left > 0; left -= limits.copyBytes)
      this.#take(zerosOf(limits.copyBytes).subarray(0, left));
  }

  #take(bytes: Uint8Array): void {
    // Its number may be that of another file by now, where saving was stopped and a thread comes late.
    if (!this.#open) throw new NotSaved('it was given up');
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    if (this.#most !== null && this.#bytes > this.#most)
      throw new NotSaved(`larger than the ${this.#most} bytes that the template allows`);
  }

  /** Gives the file its name, once the volume has taken all of it: some tell only at the end (close(2): NFS, a quota). */
  publish(): { readonly bytes: number; readonly sha256: string } {
    writing(() => {
      // Its end may be a hole.
      ftruncateSync(this.#file, this.#bytes);
      fchmodSync(this.#file, readableFile);
      this.#close();
      this.#place.publish();
    });
    this.#place.close();
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Leaves nothing behind. */
  discard(): void {
    try {
      this.#close();
    } catch {
      // As below.
    }
    try {
      this.#place.remove();
    } catch {
      // What made the file fail is told; that a rest of it stays, on a broken volume, helps nobody.
    }
    this.#place.close();
  }

  /** Once: the number is free afterwards for another file, also where this fails. */
  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#file);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ...noRoomReasons,
  EROFS: 'the volume is mounted read-only',
  EACCES: 'this user may not write to the volume',
  EPERM: 'this user may not write to the volume',
  ENAMETOOLONG: 'its name is too long for a file of the volume',
};

function writing<T>(write: () => T): T {
  try {
    return write();
  } catch (cause) {
    const found = reasons[errnoOf(cause) ?? ''] ?? messageOf(cause);
    throw new NotSaved(`it cannot be kept: ${found}`, { cause });
  }
}
