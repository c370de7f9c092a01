import { createHash } from 'node:crypto';
import { closeSync, fchmodSync, ftruncateSync } from 'node:fs';
import { errorReason, writeReasons } from '../base/error-reason.ts';
import { limits } from '../base/limits.ts';
import type { Layout } from '../contract/layout.ts';
import { writeWhole } from '../contract/publish.ts';
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
  readonly #file: number;
  readonly #maxBytes: number | null;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #open = true;

  /**
   * @param layout the volume's; `path` is below its root
   * @param maxBytes maximum bytes; null = no limit
   * @throws NotSaved
   */
  constructor(layout: Layout, path: string, maxBytes: number | null) {
    this.#maxBytes = maxBytes;
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

  /** Leaves a hole, which reads as zeros. */
  writeZeros(bytes: number): void {
    for (let left = bytes; left > 0; left -= limits.copyBytes)
      this.#take(zerosOf(limits.copyBytes).subarray(0, left));
  }

  #take(bytes: Uint8Array): void {
    // After a stop, a late thread may come here when the descriptor already belongs to another file.
    if (!this.#open) throw new NotSaved('saving it was abandoned');
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    if (this.#maxBytes !== null && this.#bytes > this.#maxBytes)
      throw new NotSaved(`larger than the template's limit of ${this.#maxBytes} bytes`);
  }

  /**
   * Gives the file its final name once it is written; some volumes report a failed write only on close(2) (NFS,
   * quotas).
   */
  publish(): { readonly bytes: number; readonly sha256: string } {
    writing(() => {
      // The file may end with a hole.
      ftruncateSync(this.#file, this.#bytes);
      fchmodSync(this.#file, readableFile);
      this.#close();
      this.#place.publish();
    });
    this.#place.close();
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Removes the temporary file. Never throws. */
  discard(): void {
    try {
      this.#close();
    } catch {
      // See below.
    }
    try {
      this.#place.remove();
    } catch {
      // The original failure is reported; a remnant on a broken volume is not worth another message.
    }
    this.#place.close();
  }

  /** Closes only once: afterwards the descriptor may be reused for another file, even if close fails. */
  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#file);
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
