/** How much room there is at first, in bytes. */
const firstBytes = 65_536;

/** Bytes that become more. */
export class GrowingBytes {
  #room: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** @param expected how many there will be, if that is known */
  constructor(expected = 0) {
    this.#room = new Uint8Array(Math.max(firstBytes, expected));
  }

  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#room.length) {
      const wider = new Uint8Array(Math.max(length, this.#room.length * 2));
      wider.set(this.#room.subarray(0, this.#length));
      this.#room = wider;
    }
    this.#room.set(bytes, this.#length);
    this.#length = length;
  }

  part(start: number, end: number = this.#length): Uint8Array<ArrayBuffer> {
    return this.#room.subarray(start, Math.min(end, this.#length));
  }

  /** Where the next line break is, from a position on; -1: there is none. */
  lineBreak(from: number): number {
    const found = this.#room.indexOf(10, from);
    return found < this.#length ? found : -1;
  }
}
