import { isUtf8 } from 'node:buffer';

/** Tells whether bytes that come in pieces are text: valid UTF-8 without NUL, which much that reads it does not take. */
export class Utf8Check {
  #isText = true;
  /** The beginning of a character that the next piece ends. */
  #begun: Buffer = Buffer.alloc(0);

  /** The next bytes. They are not kept. */
  add(piece: Buffer): void {
    if (!this.#isText) return;
    const bytes = this.#begun.length === 0 ? piece : Buffer.concat([this.#begun, piece]);
    const end = bytes.length - unfinished(bytes);
    this.#begun = Buffer.from(bytes.subarray(end));
    this.#isText = isUtf8(bytes.subarray(0, end)) && !piece.includes(0);
  }

  /** Whether all that there was is text. */
  isText(): boolean {
    return this.#isText && this.#begun.length === 0;
  }
}

/** How many bytes at the end begin a character that is longer (RFC 3629). */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < lengthOf(byte) ? back : 0;
  }
  return 0;
}

function lengthOf(first: number): number {
  if (first >= 0xf0) return 4;
  return first >= 0xe0 ? 3 : 2;
}
