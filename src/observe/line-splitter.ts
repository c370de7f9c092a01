import { limits } from '../base/limits.ts';

/**
 * Receives one line of a stream, with its newline if it had one; valid UTF-8 of at most `limits.lineBytes` bytes.
 * @param bytes that it takes in the stream; 0 if it is a part of a line that replacement characters made longer
 */
export type Emit = (line: string, bytes: number) => void;

/**
 * Splits a stream into lines that fit MultiFlexi's `line` column: at most 65,535 bytes of valid UTF-8. A longer line is
 * split between two characters; bytes that are not UTF-8 become U+FFFD. Where a line is split depends only on the
 * stream's bytes, never on how they arrive, so that a restarted reader makes the same lines.
 */
export class LineSplitter {
  /** Bytes of the unfinished line. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  readonly #emit: Emit;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** Bytes that were pushed and not yet emitted. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** @param bytes are copied if they are kept: the caller may reuse their memory */
  push(bytes: Buffer): void {
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      this.#finish(bytes.subarray(start, end + 1));
      start = end + 1;
    }
    if (start < bytes.length) this.#keep(bytes.subarray(start));
  }

  /** Emits the rest as a last line without a newline. */
  end(): void {
    if (this.#pendingBytes > 0) this.#finish(Buffer.alloc(0));
  }

  #finish(rest: Buffer): void {
    if (this.#pendingBytes === 0) {
      this.#emitLong(rest);
      return;
    }
    const line = Buffer.concat([...this.#pending, rest]);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#emitLong(line);
  }

  #keep(rest: Buffer): void {
    this.#pending.push(Buffer.from(rest));
    this.#pendingBytes += rest.length;
    if (this.#pendingBytes <= limits.lineBytes) return;
    let line = Buffer.concat(this.#pending);
    while (line.length > limits.lineBytes) {
      const cut = characterBoundary(line, limits.lineBytes);
      emitText(line.subarray(0, cut), this.#emit);
      line = line.subarray(cut);
    }
    // A copy: a short rest must not keep a long line in memory.
    this.#pending = [Buffer.from(line)];
    this.#pendingBytes = line.length;
  }

  #emitLong(bytes: Buffer): void {
    let line = bytes;
    while (line.length > limits.lineBytes) {
      const cut = characterBoundary(line, limits.lineBytes);
      emitText(line.subarray(0, cut), this.#emit);
      line = line.subarray(cut);
    }
    emitText(line, this.#emit);
  }
}

const newline = 0x0a;
/** U+FFFD takes three bytes: a line of this length stays within the limit whatever its bytes are. */
const surelyShort = Math.floor(limits.lineBytes / 3);

function emitText(bytes: Buffer, emit: Emit): void {
  const text = bytes.toString();
  if (bytes.length <= surelyShort || Buffer.byteLength(text) <= limits.lineBytes) {
    emit(text, bytes.length);
    return;
  }
  // Replacement characters made it longer: it is valid now and can be split again.
  let rest = Buffer.from(text);
  while (rest.length > limits.lineBytes) {
    const cut = characterBoundary(rest, limits.lineBytes);
    emit(rest.subarray(0, cut).toString(), 0);
    rest = rest.subarray(cut);
  }
  emit(rest.toString(), 0);
}

/** The last offset at or before `limit` where a character starts; `limit` itself if the bytes are not UTF-8. */
function characterBoundary(bytes: Buffer, limit: number): number {
  for (let back = 0; back <= 3; back += 1) {
    const byte = bytes[limit - back] ?? 0;
    if ((byte & 0xc0) !== 0x80) return limit - back;
  }
  return limit;
}
