import { readSync } from 'node:fs';
import { limits } from '../base/limits.ts';

/** One piece of output: the next `bytes` bytes of a stream. */
export interface Piece {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: number;
  /** Offset in the timeline of the line after this one. */
  readonly next: number;
}

/** Reads the pieces of a `timeline` file (see src/contract/README.md) from an offset on, as far as they are whole. */
export class TimelineReader {
  readonly #descriptor: number;
  #offset: number;
  #buffer = Buffer.alloc(0);
  #position = 0;

  constructor(descriptor: number, offset: number) {
    this.#descriptor = descriptor;
    this.#offset = offset;
  }

  /** @returns the next piece; null when there is none yet; `'garbage'` when the file is not a timeline */
  next(): Piece | null | 'garbage' {
    let end = this.#buffer.indexOf(newline, this.#position);
    if (end === -1) {
      this.#fill();
      end = this.#buffer.indexOf(newline, this.#position);
    }
    if (end === -1) return this.#buffer.length - this.#position > limits.timelineLineBytes ? 'garbage' : null;
    const match = lineShape.exec(this.#buffer.toString('latin1', this.#position, end));
    if (match === null) return 'garbage';
    this.#position = end + 1;
    const next = this.#offset - this.#buffer.length + this.#position;
    return { stream: match[1] === '1' ? 'stdout' : 'stderr', bytes: Number(match[2]), next };
  }

  #fill(): void {
    const rest = this.#buffer.subarray(this.#position);
    const more = Buffer.allocUnsafe(limits.timelineReadBytes);
    const count = readSync(this.#descriptor, more, 0, more.length, this.#offset);
    if (count === 0) return;
    this.#offset += count;
    this.#buffer = Buffer.concat([rest, more.subarray(0, count)]);
    this.#position = 0;
  }
}

const newline = 0x0a;
const lineShape = /^[0-9]{1,15} ([12]) ([0-9]{1,15})$/;
