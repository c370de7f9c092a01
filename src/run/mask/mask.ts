import { nameTeller } from '../../settings/secret-names.ts';
import { urlPasswords } from '../../settings/url-passwords.ts';
import { SecretSearch } from './secret-search.ts';
import { SecretValues } from './secret-values.ts';

/** What stands in for a secret. */
export const maskText = '***';
const replacement = Buffer.from(maskText);

/** The secrets among a job's variables. */
export interface Secrets {
  /** As they stand in variables; longest first, each once. */
  readonly values: readonly Buffer[];
  /** Finds them, and what else they look like; null when there are none. */
  readonly search: SecretSearch | null;
  /** Names of variables that match and are too short or too common to be masked. */
  readonly unmasked: readonly string[];
  /** Names of variables that are too large to be masked in other forms than as they stand. */
  readonly unencoded: readonly string[];
}

/** Nothing to mask. */
export const noSecrets: Secrets = { values: [], search: null, unmasked: [], unencoded: [] };

/**
 * Finds the values to mask: those of variables with these names, and the passwords of URLs in all of them.
 * @param entries `NAME=value` each
 * @param patterns names, `*` for any characters, case ignored; none = nothing is masked
 */
export function findSecrets(entries: readonly Buffer[], patterns: readonly string[]): Secrets {
  if (patterns.length === 0) return noSecrets;
  const isSecret = nameTeller(patterns);
  const found = new SecretValues();
  for (const entry of entries) {
    const equals = entry.indexOf('=', 1);
    if (equals === -1) continue;
    const name = entry.toString('latin1', 0, equals);
    const value = entry.toString('latin1', equals + 1);
    if (isSecret(name)) found.add(name, value);
    for (const password of urlPasswords(value, isSecret)) {
      found.add(name, password);
      found.add(name, percentDecoded(password));
    }
  }
  const { unmasked, unencoded } = found;
  const values = longestFirst(found.plain);
  if (values.length === 0) return { ...noSecrets, unmasked: [...unmasked] };
  const search = new SecretSearch(longestFirst(new Set([...found.plain, ...found.encoded])));
  return { values, search, unmasked: [...unmasked], unencoded: [...unencoded] };
}

/** Bytes as Latin-1. */
function percentDecoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function longestFirst(texts: ReadonlySet<string>): readonly Buffer[] {
  return [...texts].map((text) => Buffer.from(text, 'latin1')).sort((a, b) => b.length - a.length);
}

/** Masks every secret in a text that is whole. */
export function maskWhole(text: Buffer, secrets: Secrets): Buffer {
  const mask = new StreamMask(secrets);
  return Buffer.concat([mask.push(text), mask.end()]);
}

/**
 * Replaces secrets in a stream. At each place the longest secret wins, and the search goes on behind it: the result is
 * that of the replacement in the whole text, wherever the stream is cut. Only what may be the beginning of a secret is
 * held back.
 */
export class StreamMask {
  readonly #search: SecretSearch | null;
  #held: Buffer = Buffer.alloc(0);

  constructor({ search }: Secrets) {
    this.#search = search;
  }

  /** Whether what comes out may differ from what goes in. */
  get changes(): boolean {
    return this.#search !== null;
  }

  /** Takes a piece and returns what can be said of the stream so far. The result may share the piece's memory. */
  push(chunk: Buffer): Buffer {
    if (!this.changes) return chunk;
    const text = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const { parts, end, hold } = this.#replace(text, true);
    this.#held = Buffer.from(text.subarray(hold));
    parts.push(text.subarray(end, hold));
    return parts.length === 1 ? (parts[0] ?? text) : Buffer.concat(parts);
  }

  /** The stream is over: what was held back was no beginning. */
  end(): Buffer {
    const { parts, end } = this.#replace(this.#held, false);
    parts.push(this.#held.subarray(end));
    this.#held = Buffer.alloc(0);
    return Buffer.concat(parts);
  }

  /**
   * The finished parts, where the rest begins (`end`), and where in it a secret may begin that the text does not yet
   * hold whole (`hold`). A secret found behind that place has to wait: the earlier one would swallow it.
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

  /** The first place at or behind `end` from which the text is a true beginning of a secret. */
  #holdFrom(text: Buffer, end: number): number {
    return this.#search?.beginning(text, end) ?? text.length;
  }
}
