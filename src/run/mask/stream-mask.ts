import type { Secrets } from './find-secrets.ts';
import type { SecretSearch } from './secret-search.ts';

/** What replaces a secret. */
export const maskText = '***';
const replacement = Buffer.from(maskText);

/** Masks every secret in a complete text. */
export function maskWhole(text: Buffer, secrets: Secrets): Buffer {
  const mask = new StreamMask(secrets);
  return Buffer.concat([mask.push(text), mask.end()]);
}

/**
 * Masks secrets in a stream. At each position the longest secret wins, and the search continues after it. The result is
 * the same as for the whole text, however the stream is split. Only a possible beginning of a secret is held back.
 */
export class StreamMask {
  readonly #search: SecretSearch | null;
  #held: Buffer = Buffer.alloc(0);

  constructor({ search }: Secrets) {
    this.#search = search;
  }

  /** Whether the output may differ from the input. */
  get changes(): boolean {
    return this.#search !== null;
  }

  /** Takes a piece and returns the output that is certain so far. The result may share the piece's memory. */
  push(chunk: Buffer): Buffer {
    if (!this.changes) return chunk;
    const text = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const { parts, end, hold } = this.#replace(text, true);
    this.#held = Buffer.from(text.subarray(hold));
    parts.push(text.subarray(end, hold));
    return parts.length === 1 ? (parts[0] ?? text) : Buffer.concat(parts);
  }

  /** Ends the stream and returns what was held back. */
  end(): Buffer {
    const { parts, end } = this.#replace(this.#held, false);
    parts.push(this.#held.subarray(end));
    this.#held = Buffer.alloc(0);
    return Buffer.concat(parts);
  }

  /**
   * Returns the finished parts, where the rest begins (`end`), and where in the rest an incomplete secret may begin
   * (`hold`). A secret found after `hold` has to wait, since the earlier one may include it.
   */
  #replace(
    text: Buffer,
    more: boolean,
  ): { readonly parts: Buffer[]; readonly end: number; readonly hold: number } {
    const parts: Buffer[] = [];
    let end = 0;
    let hold = more ? this.#holdFrom(text, end) : text.length;
    for (;;) {
      const found = this.#search?.find(text, end) ?? null;
      if (found === null || found.place >= hold) return { parts, end, hold };
      parts.push(text.subarray(end, found.place), replacement);
      end = found.place + found.length;
      if (more && hold < end) hold = this.#holdFrom(text, end);
    }
  }

  /** The first position at or after `end` from which the rest of the text is a proper prefix of a secret. */
  #holdFrom(text: Buffer, end: number): number {
    return this.#search?.beginning(text, end) ?? text.length;
  }
}
