/** A place where a secret stands. */
export interface Found {
  readonly place: number;
  readonly length: number;
}

const blocks = 65_536;
const longestShift = 255;

/**
 * Finds any of several secrets in bytes, in one pass whose cost hardly grows with their number (Wu and Manber, "A fast
 * algorithm for multi-pattern searching", 1994). A window as long as the shortest secret moves over the text; the two
 * bytes at its end tell how far it may jump, and only where they are the end of some secret's beginning is it compared.
 */
export class SecretSearch {
  /** Longest first: of several secrets at one place the first that fits is the longest. */
  readonly #secrets: readonly Buffer[];
  readonly #window: number;
  readonly #shifts: Uint8Array;

  /** @param secrets longest first, each at least two bytes; at least one */
  constructor(secrets: readonly Buffer[]) {
    this.#secrets = secrets;
    this.#window = secrets.at(-1)?.length ?? 2;
    this.#shifts = shiftsOf(secrets, this.#window);
  }

  /** The first secret that stands whole in the text at or behind `from`, the longest of those at one place; or null. */
  find(text: Buffer, from: number): Found | null {
    const shifts = this.#shifts;
    const last = this.#window - 1;
    for (let end = from + last; end < text.length; ) {
      const shift = shifts[((text[end - 1] as number) << 8) | (text[end] as number)] as number;
      if (shift > 0) {
        end += shift;
        continue;
      }
      const place = end - last;
      const secret = this.#secrets.find((candidate) => standsAt(text, place, candidate));
      if (secret !== undefined) return { place, length: secret.length };
      end += 1;
    }
    return null;
  }
}

/** For each two bytes: how far the window may move when it ends in them. */
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
