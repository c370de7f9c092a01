import { readSync } from 'node:fs';
import { limits } from '../base/limits.ts';

/** One piece of output: the next `bytes` bytes of a stream. */
export interface Piece {
  /** When it arrived, ms since 1970 by the wrapper's clock. */
  readonly time: number;
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: number;
  /** Offset in the timeline of the line after this one. */
  readonly next: number;
}

/** Reads the complete entries of a `timeline` file (see src/contract/README.md) from an offset on. */
export class TimelineReader {
  readonly #descriptor: number;
  #offset: number;
  readonly #buffer = Buffer.allocUnsafeSlow(limits.timelineReadBytes);
  /** The bytes that were read and not used yet are between these two. */
  #position = 0;
  #end = 0;

  constructor(descriptor: number, offset: number) {
    this.#descriptor = descriptor;
    this.#offset = offset;
  }

  /** @returns the next piece; null if there is none yet; `'garbage'` if the file is not a timeline */
  next(): Piece | null | 'garbage' {
    let end = this.#findEnd();
    if (end === -1) {
      this.#fill();
      end = this.#findEnd();
    }
    if (end === -1) return this.#end - this.#position > limits.timelineLineBytes ? 'garbage' : null;
    const match = lineShape.exec(this.#buffer.toString('latin1', this.#position, end));
    if (match === null) return 'garbage';
    this.#position = end + 1;
    const next = this.#offset - this.#end + this.#position;
    const stream = match[2] === '1' ? 'stdout' : 'stderr';
    return { time: Number(match[1]), stream, bytes: Number(match[3]), next };
  }

  #findEnd(): number {
    const found = this.#buffer.subarray(this.#position, this.#end).indexOf(newline);
    return found === -1 ? -1 : this.#position + found;
  }

  #fill(): void {
    const rest = this.#end - this.#position;
    this.#buffer.copyWithin(0, this.#position, this.#end);
    // No wrapper writes more: anything that a job has appended would only cost time.
    const room = Math.min(this.#buffer.length - rest, Math.max(0, limits.timelineBytes - this.#offset));
    const count = room === 0 ? 0 : readSync(this.#descriptor, this.#buffer, rest, room, this.#offset);
    this.#offset += count;
    this.#position = 0;
    this.#end = rest + count;
  }
}

const newline = 0x0a;
const lineShape = /^([0-9]{1,15}) ([12]) ([1-9][0-9]{0,14})$/;
