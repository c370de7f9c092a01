import { limits } from '../../base/limits.ts';

/** What begins a line of each side, so that a terminal's echo of one's own lines is not taken for the other's. */
export const marks = { sender: '>', receiver: '<' } as const;

/** Bytes in one line: with its mark, it is shorter than what a terminal keeps of a line (4,095 bytes, termios(3)). */
const lineBytes = limits.frameLineBytes;
const newline = 0x0a;

/** Encodes bytes as lines of base64 that a terminal passes through. */
export function encodeLines(bytes: Buffer, side: keyof typeof marks): Buffer {
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; start += lineBytes) {
    lines.push(
      `${marks[side]}${bytes.toString('base64', start, Math.min(start + lineBytes, bytes.length))}\n`,
    );
  }
  return Buffer.from(lines.join(''), 'latin1');
}

/**
 * Decodes such lines. Everything else is ignored: an echo, a prompt, a carriage return before the newline. What the
 * frames' checksums do not match is found there.
 */
export class LineDecoder {
  readonly #mark: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(side: keyof typeof marks) {
    this.#mark = marks[side].charCodeAt(0);
  }

  /** The bytes of the lines that are complete with this piece. */
  decode(piece: Buffer): Buffer {
    const all = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const decoded: Buffer[] = [];
    let start = 0;
    for (let end = all.indexOf(newline); end !== -1; end = all.indexOf(newline, start)) {
      // The decoder skips what is not base64, such as a carriage return.
      if (all[start] === this.#mark)
        decoded.push(Buffer.from(all.toString('latin1', start + 1, end), 'base64'));
      start = end + 1;
    }
    const rest = all.subarray(start);
    // No line of ours is as long: what is left of a longer one is no frame anyway.
    this.#rest = Buffer.from(rest.length > limits.terminalLineBytes ? rest.subarray(0, 1) : rest);
    return Buffer.concat(decoded);
  }
}
