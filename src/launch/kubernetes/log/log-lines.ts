/** Where a log has been read to: what was read after a break is told apart from what is new by its times. */
interface Position {
  /** The time of the newest line, as the log writes it. */
  time: string;
  /** Lines with this time that came before the newest. */
  earlier: number;
  /** Bytes of the newest line that were passed on. */
  bytes: number;
  isWhole: boolean;
}

const newline = 0x0a;
const space = 0x20;

/**
 * Takes the times off the lines of a log of the API server (`timestamps=true`). When a connection broke, and the log is read
 * again from an earlier time, what was passed on before is left out.
 */
export class LogLines {
  readonly #position: Position = { time: '', earlier: 0, bytes: 0, isWhole: true };
  /** The time of the line that is being read; null: it is not complete yet. */
  #time: string | null = null;
  #head = Buffer.alloc(0);
  /** Bytes of this line that were passed on by an earlier connection. */
  #known = 0;
  #skipsLine = false;
  /** Of the lines that are read again: how many had the position's time. */
  #seen = 0;
  #isCatchingUp = false;
  #fresh: Buffer[] = [];

  /** From which time on the log must be read; null: from its beginning. Whole seconds are what the server compares. */
  get since(): string | null {
    return this.#position.time === '' ? null : this.#position.time.replace(/\.\d+/, '');
  }

  /** A connection begins, whose first line is at `since`. */
  begin(): void {
    this.#time = null;
    this.#head = Buffer.alloc(0);
    this.#seen = 0;
    this.#isCatchingUp = this.#position.time !== '';
  }

  /** @param piece what came next @returns what of it is new, without the times */
  take(piece: Buffer): readonly Buffer[] {
    this.#fresh = [];
    for (let at = 0; at < piece.length; )
      at = this.#time === null ? this.#takeHead(piece, at) : this.#takeLine(piece, at);
    return this.#fresh;
  }

  #takeHead(piece: Buffer, at: number): number {
    const end = piece.indexOf(space, at);
    this.#head = Buffer.concat([this.#head, piece.subarray(at, end === -1 ? undefined : end)]);
    if (end === -1) return piece.length;
    this.#startLine(this.#head.toString('latin1'));
    this.#head = Buffer.alloc(0);
    return end + 1;
  }

  #startLine(time: string): void {
    const position = this.#position;
    this.#time = time;
    this.#known = 0;
    this.#skipsLine = false;
    if (this.#isCatchingUp && isBefore(time, position.time)) {
      this.#skipsLine = true;
      return;
    }
    if (this.#isCatchingUp && time === position.time && this.#seen <= position.earlier) {
      const isNewest = this.#seen === position.earlier;
      this.#seen += 1;
      if (!isNewest || position.isWhole) this.#skipsLine = true;
      else this.#known = position.bytes;
      if (isNewest) this.#isCatchingUp = false;
      return;
    }
    this.#isCatchingUp = false;
    const isSame = time === position.time;
    Object.assign(position, { time, earlier: isSame ? position.earlier + 1 : 0, bytes: 0, isWhole: false });
  }

  #takeLine(piece: Buffer, at: number): number {
    const found = piece.indexOf(newline, at);
    const end = found === -1 ? piece.length : found + 1;
    this.#pass(piece.subarray(at, end), found !== -1);
    if (found !== -1) this.#time = null;
    return end;
  }

  #pass(part: Buffer, isEnd: boolean): void {
    if (this.#skipsLine) return;
    const fresh = part.subarray(Math.min(this.#known, part.length));
    this.#known -= part.length - fresh.length;
    if (fresh.length > 0) this.#fresh.push(fresh);
    this.#position.bytes += fresh.length;
    if (isEnd) this.#position.isWhole = true;
  }
}

/** Times of one log have the same zone, and may have fewer digits of the second. */
function isBefore(time: string, other: string): boolean {
  const [[whole, fraction], [otherWhole, otherFraction]] = [partsOf(time), partsOf(other)];
  return whole === otherWhole ? fraction < otherFraction : whole < otherWhole;
}

function partsOf(time: string): readonly [string, string] {
  const [, whole = time, fraction = ''] = /^([^.Z]*)(?:\.(\d+))?/.exec(time) ?? [];
  return [whole, fraction.padEnd(9, '0')];
}
