import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { writeWhole } from '../../base/write-whole.ts';
import type { MirrorSpace } from './mirror-space.ts';

/** Which outputs the mirror has, in the order of their travel: one line each, its size and its path. */
export class OutputJournal {
  readonly #file: number;
  #size: number;
  #after: string | null = null;
  #count = 0;
  /** Lines that are not written yet. */
  #pending: string[] = [];

  constructor(path: string, space: MirrorSpace) {
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    const text = readFileSync(this.#file, 'latin1');
    // A line without its end was being written when its writer was killed.
    this.#size = text.lastIndexOf('\n') + 1;
    for (const line of text.slice(0, this.#size).split('\n')) {
      const [size, path] = parsed(line);
      if (path === null) continue;
      this.#after = path;
      this.#count += 1;
      space.take(size);
      space.takeFile();
    }
    if (fstatSync(this.#file).size !== this.#size) ftruncateSync(this.#file, this.#size);
  }

  /** The last output that is complete; null if there is none. */
  get after(): string | null {
    return this.#after;
  }

  get count(): number {
    return this.#count;
  }

  add(path: string, size: number): void {
    this.#after = path;
    this.#count += 1;
    // A path may have a newline in it; JSON has none.
    this.#pending.push(`${size} ${JSON.stringify(path)}\n`);
  }

  /** Writes what was added. */
  write(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(this.#pending.join(''), 'latin1');
    this.#pending = [];
    writeWhole(this.#file, bytes, this.#size);
    this.#size += bytes.length;
  }

  /** Forgets all outputs: they are sent again. */
  clear(): void {
    this.#after = null;
    this.#count = 0;
    this.#pending = [];
    this.#size = 0;
    ftruncateSync(this.#file, 0);
  }

  close(): void {
    closeSync(this.#file);
  }
}

function parsed(line: string): readonly [number, string | null] {
  const space = line.indexOf(' ');
  try {
    const path: unknown = JSON.parse(line.slice(space + 1));
    return [Number(line.slice(0, space)), typeof path === 'string' ? path : null];
  } catch {
    return [0, null]; // The empty end.
  }
}
