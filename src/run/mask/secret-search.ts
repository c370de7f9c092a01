/** Where a secret was found. */
export interface Found {
  readonly place: number;
  readonly length: number;
}

const blocks = 65_536;
const longestShift = 255;

/**
 * Finds any of several secrets in bytes, in one pass whose cost hardly grows with their number (Wu and Manber, "A fast
 * algorithm for multi-pattern searching", 1994). A window as long as the shortest secret moves over the text. Its last
 * two bytes determine how far it can jump. If they end the first window of some secrets, only those secrets are
 * compared.
 */
export class SecretSearch {
  readonly #window: number;
  readonly #shifts: Uint8Array;
  /** By the last two bytes of their first window; longest first, so the first match is the longest. */
  readonly #candidates = new Map<number, Buffer[]>();
  /** Length of the longest, in bytes. */
  readonly longest: number;
  /** In byte order, so that secrets with a common prefix are adjacent. */
  readonly #ordered: readonly Buffer[];
  /** Whether some secret begins with these two bytes. */
  readonly #begins = new Uint8Array(blocks);

  /** @param secrets longest first, each at least two bytes; at least one */
  constructor(secrets: readonly Buffer[]) {
    this.#window = secrets.at(-1)?.length ?? 2;
    this.longest = secrets[0]?.length ?? 0;
    this.#shifts = shiftsOf(secrets, this.#window);
    for (const secret of secrets) {
      const block = secret.readUInt16BE(this.#window - 2);
      const others = this.#candidates.get(block);
      if (others === undefined) this.#candidates.set(block, [secret]);
      else others.push(secret);
      this.#begins[secret.readUInt16BE(0)] = 1;
    }
    this.#ordered = [...secrets].sort(Buffer.compare);
  }

  /** The first complete secret at or after `from`, the longest one at its position; or null. */
  find(text: Buffer, from: number): Found | null {
    const shifts = this.#shifts;
    const last = this.#window - 1;
    for (let end = from + last; end < text.length; ) {
      const block = ((text[end - 1] as number) << 8) | (text[end] as number);
      const shift = shifts[block] as number;
      if (shift > 0) {
        end += shift;
        continue;
      }
      const place = end - last;
      const secret = this.#candidates.get(block)?.find((candidate) => standsAt(text, place, candidate));
      if (secret !== undefined) return { place, length: secret.length };
      end += 1;
    }
    return null;
  }

  /**
   * The first position at or after `from` where the rest of the text is a proper prefix of a secret; else its length.
   */
  beginning(text: Buffer, from: number): number {
    for (let place = Math.max(from, text.length - this.longest + 1); place < text.length; place += 1)
      if (this.#isBeginning(text, place)) return place;
    return text.length;
  }

  #isBeginning(text: Buffer, place: number): boolean {
    const length = text.length - place;
    if (length >= 2 && this.#begins[text.readUInt16BE(place)] === 0) return false;
    // The first secret in order after the rest of the text: if any secret has it as a proper prefix, this one does.
    let low = 0;
    let high = this.#ordered.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const secret = this.#ordered[middle] as Buffer;
      if (text.compare(secret, 0, secret.length, place) < 0) high = middle;
      else low = middle + 1;
    }
    const next = this.#ordered[low];
    return next !== undefined && next.length > length && text.compare(next, 0, length, place) === 0;
  }
}

/** For each pair of bytes, how far the window may move if it ends with them. */
function shiftsOf(secrets: readonly Buffer[], window: number): Uint8Array {
  const shifts = new Uint8Array(blocks).fill(Math.min(window - 1, longestShift));
  for (const secret of secrets) {
    for (let end = 1; end < window; end += 1) {
      const block = secret.readUInt16BE(end - 1);
      shifts[block] = Math.min(shifts[block] ?? 0, window - 1 - end);
    }
  }
  return shifts;
}

function standsAt(text: Buffer, place: number, secret: Buffer): boolean {
  if (place + secret.length > text.length) return false;
  for (let index = 0; index < secret.length; index += 1) {
    if (text[place + index] !== secret[index]) return false;
  }
  return true;
}
