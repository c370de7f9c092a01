import { Transform, type TransformCallback } from 'node:stream';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';

const headerBytes = 8;
const standardOutput = 1;

/**
 * The standard output of an exec without a terminal. The engine sends both streams in frames: one byte for the stream, three
 * unused, four for the length. What comes on standard error is logged.
 */
export class StreamSplitter extends Transform {
  #header = Buffer.alloc(0);
  #stream = standardOutput;
  /** Bytes of the current frame that are still to come. */
  #left = 0;

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let rest = piece;
    while (rest.length > 0) {
      if (this.#left === 0) {
        const missing = headerBytes - this.#header.length;
        this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (this.#header.length < headerBytes) break;
        this.#stream = this.#header.readUInt8(0);
        this.#left = this.#header.readUInt32BE(4);
        this.#header = Buffer.alloc(0);
        continue;
      }
      const taken = rest.subarray(0, this.#left);
      if (this.#stream === standardOutput) this.push(taken);
      else
        log(
          taken
            .toString()
            .trim()
            .replace(/^emissary: /, '')
            .slice(0, limits.quotedCharacters),
        );
      this.#left -= taken.length;
      rest = rest.subarray(taken.length);
    }
    done();
  }
}
