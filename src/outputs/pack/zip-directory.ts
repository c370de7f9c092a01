import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { limits } from '../../base/limits.ts';

/**
 * Collects the central directory of a ZIP file, which is written at its end: one record per member, all in memory.
 * Records are similar, so full pages are kept compressed: a million takes a few megabytes.
 */
export class ZipDirectory {
  readonly #packed: Buffer[] = [];
  readonly #page = Buffer.allocUnsafeSlow(limits.directoryPageBytes);
  #used = 0;
  #count = 0;

  /** How many records were added. */
  get count(): number {
    return this.#count;
  }

  add(record: Buffer): void {
    if (this.#used + record.length > this.#page.length) {
      this.#packed.push(deflateRawSync(this.#records(), { level: constants.Z_BEST_SPEED }));
      this.#used = 0;
    }
    this.#used += record.copy(this.#page, this.#used);
    this.#count += 1;
  }

  /** The records in the order in which they were added, a page at a time. */
  *pages(): Generator<Buffer> {
    for (const page of this.#packed) yield inflateRawSync(page);
    yield this.#records();
  }

  #records(): Buffer {
    return this.#page.subarray(0, this.#used);
  }
}
