import { isUtf8 } from 'node:buffer';

/** Checks whether bytes that arrive in pieces are text: valid UTF-8 without NUL, which many readers do not accept. */
export class Utf8Check {
  #isText = true;
  /** The beginning of a character that continues in the next piece. */
  #begun: Buffer = Buffer.alloc(0);

  /** Checks the next bytes, which are not kept. */
  add(piece: Buffer): void {
    if (!this.#isText) return;
    const bytes = this.#begun.length === 0 ? piece : Buffer.concat([this.#begun, piece]);
    const end = bytes.length - unfinished(bytes);
    this.#begun = Buffer.from(bytes.subarray(end));
    this.#isText = isUtf8(bytes.subarray(0, end)) && !piece.includes(0);
  }

  /** Whether all bytes so far are text. */
  isText(): boolean {
    return this.#isText && this.#begun.length === 0;
  }
}

/** How many bytes at the end belong to an incomplete character (RFC 3629). */
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
