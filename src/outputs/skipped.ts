import { limits } from '../base/limits.ts';
import type { SkippedFile } from '../contract/records.ts';
import { type BytePath, textOf } from './find/byte-path.ts';

/** The files that were left out, and why; a bounded list. */
export class Skipped {
  readonly #files = new Map<string, SkippedFile>();
  #more = 0;

  /** A file that is part of several artifacts is listed once per reason. */
  add(path: BytePath, reason: string): void {
    const key = `${path}\0${reason}`;
    if (this.#files.has(key)) return;
    if (this.#files.size < limits.skippedFiles) this.#files.set(key, { path: textOf(path), reason });
    else this.#more += 1;
  }

  /** The list; beyond the limit, only their number. */
  list(): readonly SkippedFile[] {
    const files = [...this.#files.values()];
    return this.#more === 0 ? files : [...files, { path: '', reason: `and ${this.#more} more` }];
  }
}
