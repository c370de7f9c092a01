import { createHash } from 'node:crypto';
import { ftruncateSync } from 'node:fs';
import { errorReason, writeReasons } from '../base/error-reason.ts';
import { limits } from '../base/limits.ts';
import { writeWhole } from '../base/write-whole.ts';
import type { Layout } from '../contract/layout.ts';
import { UnpublishedFile } from '../contract/unpublished-file.ts';
import { zerosOf } from './pack/zeros.ts';
import { NotSaved } from './reasons.ts';
import { SavedPlace } from './saved-place.ts';

const readableFile = 0o644;

/**
 * A file in the volume's `outputs/` that is being written, under a temporary name until it is complete. Computes its
 * length and SHA-256 meanwhile.
 */
export class SavedFile {
  readonly #place: SavedPlace;
  readonly #file: UnpublishedFile;
  readonly #maxBytes: number | null;
  readonly #hash = createHash('sha256');
  #bytes = 0;

  /**
   * @param layout the volume's; `path` is below its root
   * @param maxBytes maximum bytes; null = no limit
   * @throws NotSaved
   */
  constructor(layout: Layout, path: string, maxBytes: number | null) {
    this.#maxBytes = maxBytes;
    this.#place = writing(() => new SavedPlace(layout, path));
    try {
      this.#file = writing(() => new UnpublishedFile(this.#place, readableFile));
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
    writing(() => writeWhole(this.#file.descriptor, bytes, place));
  }

  /** Leaves a hole, which reads as zeros. */
  writeZeros(bytes: number): void {
    for (let left = bytes; left > 0; left -= limits.copyBytes)
      this.#take(zerosOf(limits.copyBytes).subarray(0, left));
  }

  #take(bytes: Uint8Array): void {
    // After a stop, a late thread may come here when the descriptor already belongs to another file.
    if (!this.#file.isOpen) throw new NotSaved('saving it was abandoned');
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    if (this.#maxBytes !== null && this.#bytes > this.#maxBytes)
      throw new NotSaved(`larger than the template's limit of ${this.#maxBytes} bytes`);
  }

  /** Gives the file its final name once it is written. @throws NotSaved */
  publish(): { readonly bytes: number; readonly sha256: string } {
    writing(() => {
      // The file may end with a hole.
      ftruncateSync(this.#file.descriptor, this.#bytes);
      this.#file.publish();
    });
    this.#place.close();
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Removes the temporary file. Never throws. */
  discard(): void {
    this.#file.discard();
    this.#place.close();
  }
}

function writing<T>(write: () => T): T {
  try {
    return write();
  } catch (cause) {
    const reason = errorReason(cause, writeReasons);
    throw new NotSaved(`cannot be written to the volume: ${reason}`, { cause });
  }
}
