import { limits } from '../base/limits.ts';
import type { SkippedFile } from '../contract/records.ts';
import { type BytePath, textOf } from './find/byte-path.ts';

/** The files that were left out, and why; bounded. */
export class Skipped {
  readonly #files = new Map<string, SkippedFile>();
  #more = 0;

  /** Several artifacts may hold the same file: it is named once for each reason. */
  add(path: BytePath, reason: string): void {
    const key = `${path}\0${reason}`;
    if (this.#files.has(key)) return;
    if (this.#files.size < limits.skippedFiles) this.#files.set(key, { path: textOf(path), reason });
    else this.#more += 1;
  }

  /** The record; beyond the limit only how many there were. */
  list(): readonly SkippedFile[] {
    const files = [...this.#files.values()];
    return this.#more === 0 ? files : [...files, { path: '', reason: `and ${this.#more} more` }];
  }
}
