import { closeSync, readSync } from 'node:fs';
import { DeliveryError } from '../base/delivery-error.ts';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { isTransient } from '../contract/read-result.ts';
import type { Volume } from '../contract/volume.ts';
import { nextData } from '../kernel/next-data.ts';
import type { StreamBound } from './stream-bounds.ts';

/** Reads one captured stream from an offset on, always in large blocks, however few bytes the caller takes at a time. */
export class StreamReader {
  readonly #volume: Volume;
  readonly #path: string;
  readonly #bound: () => StreamBound;
  #descriptor: number | null = null;
  /** Null while there is nothing to read: most of many containers are silent. */
  #buffer: Buffer | null = null;
  #ahead: Buffer = nothing;
  /** Offset of the next byte that `take` returns. */
  offset: number;

  /** @param bound how much of the file is the job's output; it may become known during reading */
  constructor(volume: Volume, path: string, offset: number, bound: () => StreamBound) {
    this.#volume = volume;
    this.#path = path;
    this.offset = offset;
    this.#bound = bound;
  }

  /**
   * The next bytes of the stream, at most `count`; none if the file ends here or is not a regular file.
   * They are valid until the next call.
   */
  take(count: number): Buffer {
    const bound = this.#bound();
    const left = Math.max(0, bound.bytes - this.offset);
    if (this.#ahead.length === 0 && left > 0) this.#ahead = this.#readAhead(bound);
    const taken = this.#ahead.subarray(0, Math.min(count, left));
    this.#ahead = this.#ahead.subarray(taken.length);
    this.offset += taken.length;
    return taken;
  }

  /** Opens the file, if it exists. Reading then stays with that file, even if another replaces it. */
  open(): void {
    if (this.#descriptor !== null) return;
    const opened = this.#volume.openFile(this.#path);
    if (!('kind' in opened)) this.#descriptor = opened.descriptor;
    else if (opened.kind === 'refused' && opened.retry === 'soon') throw this.#again(opened.reason);
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #readAhead({ isCounted }: StreamBound): Buffer {
    this.open();
    if (this.#descriptor === null) return nothing;
    // A job can extend a file to any size without data (truncate(2)), which no wrapper has written.
    if (!isCounted && nextData(this.#descriptor, this.offset) === null) return nothing;
    this.#buffer ??= Buffer.allocUnsafeSlow(limits.streamReadBytes);
    try {
      const count = readSync(this.#descriptor, this.#buffer, 0, this.#buffer.length, this.offset);
      if (count > 0) return this.#buffer.subarray(0, count);
    } catch (error) {
      throw isTransient(errnoOf(error)) ? this.#again(`cannot be read (${errnoOf(error)})`) : error;
    }
    this.#buffer = null;
    return nothing;
  }

  #again(reason: string): DeliveryError {
    return new DeliveryError(`Cannot read "${this.#path}": it ${reason}`, { permanent: false });
  }
}

const nothing = Buffer.alloc(0);
