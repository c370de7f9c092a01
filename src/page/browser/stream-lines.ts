import type { GrowingBytes } from './growing-bytes.ts';

/** Where a line is: its line break is at `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Finds the lines of one stream, each byte looked at once. */
export class StreamLines {
  readonly #bytes: GrowingBytes;
  #start = 0;
  #lineBreak = -1;
  /** Up to here there is no other line break than that one. */
  #searched = 0;
  /** Up to where pieces have been taken. */
  position = 0;

  constructor(bytes: GrowingBytes) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** The next line that ends before `limit`; null: none, and all before it is taken. */
  next(limit: number): Span | null {
    if (this.#lineBreak === -1 && this.#searched < this.#bytes.length) {
      this.#lineBreak = this.#bytes.lineBreak(this.#searched);
      this.#searched = this.#lineBreak === -1 ? this.#bytes.length : this.#lineBreak + 1;
    }
    if (this.#lineBreak === -1 || this.#lineBreak >= limit) {
      this.position = Math.min(limit, this.#bytes.length);
      return null;
    }
    const line = { start: this.#start, end: this.#lineBreak };
    this.#start = this.#lineBreak + 1;
    this.#lineBreak = -1;
    return line;
  }

  /** A last line without its line break. */
  rest(): Span | null {
    if (this.#start >= this.#bytes.length) return null;
    const rest = { start: this.#start, end: this.#bytes.length };
    this.#start = this.#bytes.length;
    return rest;
  }
}
