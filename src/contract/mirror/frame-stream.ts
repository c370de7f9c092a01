import {
  decodeFrame,
  decodeHead,
  encodeFrame,
  type Frame,
  type FrameParts,
  frameHeadBytes,
} from './frame.ts';
import { encodeLines, LineDecoder } from './line-encoding.ts';

/** How frames travel: as they are, or in lines of text, for a stream that is a terminal. */
export type FrameEncoding = 'binary' | 'text';

/** Who sends: the program beside the volume, or the one beside the mirror. */
export type FrameSide = 'sender' | 'receiver';

/** What arrived is not a sequence of frames: bytes are damaged or missing. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Encodes the frames of one direction. */
export class FrameEncoder {
  readonly #encoding: FrameEncoding;
  readonly #side: FrameSide;
  #sequence = 0;

  constructor(encoding: FrameEncoding, side: FrameSide) {
    this.#encoding = encoding;
    this.#side = side;
  }

  /** @returns the bytes to write, and the frame's own size, which is what an acknowledgement counts */
  encode(parts: FrameParts): { readonly pieces: readonly Buffer[]; readonly size: number } {
    const pieces = encodeFrame(parts, this.#sequence);
    this.#sequence = (this.#sequence + 1) >>> 0;
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (this.#encoding === 'binary') return { pieces, size };
    return { pieces: [encodeLines(Buffer.concat(pieces), this.#side)], size };
  }
}

/** Decodes the frames of one direction, from pieces of any length. */
export class FrameDecoder {
  readonly #lines: LineDecoder | null;
  #sequence = 0;
  #pieces: Buffer[] = [];
  #length = 0;
  /** Bytes from which on it is worth looking again. */
  #wanted = frameHeadBytes;
  /** Sizes of all frames that were decoded. */
  size = 0;

  /** @param side who sends them */
  constructor(encoding: FrameEncoding, side: FrameSide) {
    this.#lines = encoding === 'text' ? new LineDecoder(side) : null;
  }

  /** The frames that are complete with this piece. Their bytes are valid until the next call. @throws FrameError */
  *decode(piece: Uint8Array): Generator<Frame> {
    const given = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const added = this.#lines === null ? given : this.#lines.decode(given);
    this.#pieces.push(added);
    this.#length += added.length;
    if (this.#length < this.#wanted) return;
    const joined = this.#pieces.length === 1 ? added : Buffer.concat(this.#pieces);
    let start = 0;
    for (;;) {
      const rest = joined.subarray(start);
      const frame = this.#next(rest);
      if (frame === null) break;
      start += frame.size;
      this.size += frame.size;
      yield frame.frame;
    }
    // A copy: the rest must not keep a large piece in memory.
    const rest = Buffer.from(joined.subarray(start));
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
  }

  #next(rest: Buffer): { readonly frame: Frame; readonly size: number } | null {
    this.#wanted = frameHeadBytes;
    if (rest.length < this.#wanted) return null;
    const head = decodeHead(rest.subarray(0, frameHeadBytes));
    if (head === null) throw new FrameError('something else than a frame arrived');
    if (head.sequence !== this.#sequence) throw new FrameError('a frame is missing');
    const size = frameHeadBytes + head.textLength + head.bytesLength;
    this.#wanted = size;
    if (rest.length < size) return null;
    const frame = decodeFrame(head, rest.subarray(0, size));
    if (frame === null) throw new FrameError('the checksum of a frame is wrong');
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#wanted = frameHeadBytes;
    return { frame, size };
  }
}
