import { closeSync, readSync } from 'node:fs';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { isPassing } from '../contract/look.ts';
import type { Volume } from '../contract/volume.ts';
import { DeliveryError } from './sink.ts';

/** Reads one captured stream from an offset on, in large pieces, however small the pieces are that are asked for. */
export class StreamReader {
  readonly #volume: Volume;
  readonly #path: string;
  #descriptor: number | null = null;
  /** Null while there is nothing to read: of many containers most are silent. */
  #buffer: Buffer | null = null;
  #ahead: Buffer = nothing;
  /** Offset of the next byte that `take` gives. */
  offset: number;

  constructor(volume: Volume, path: string, offset: number) {
    this.#volume = volume;
    this.#path = path;
    this.offset = offset;
  }

  /**
   * The next bytes of the stream, at most `count`; none when the file ends here or is not a file.
   * They hold until the next call.
   */
  take(count: number): Buffer {
    if (this.#ahead.length === 0) this.#ahead = this.#readAhead();
    const taken = this.#ahead.subarray(0, count);
    this.#ahead = this.#ahead.subarray(taken.length);
    this.offset += taken.length;
    return taken;
  }

  /** Opens the file, if it is there. From then on it is that one, whatever is put in its place. */
  open(): void {
    if (this.#descriptor !== null) return;
    const opened = this.#volume.openFile(this.#path);
    if (!('kind' in opened)) this.#descriptor = opened.descriptor;
    else if (opened.kind === 'refused' && opened.passes === 'soon') throw this.#again(opened.reason);
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #readAhead(): Buffer {
    this.open();
    if (this.#descriptor === null) return nothing;
    this.#buffer ??= Buffer.allocUnsafeSlow(limits.streamReadBytes);
    try {
      const count = readSync(this.#descriptor, this.#buffer, 0, this.#buffer.length, this.offset);
      if (count > 0) return this.#buffer.subarray(0, count);
    } catch (error) {
      throw isPassing(errnoOf(error)) ? this.#again(`cannot be read (${errnoOf(error)})`) : error;
    }
    this.#buffer = null;
    return nothing;
  }

  #again(reason: string): DeliveryError {
    return new DeliveryError(`Cannot read "${this.#path}": it ${reason}`, { permanent: false });
  }
}

const nothing = Buffer.alloc(0);
