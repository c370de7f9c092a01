import { limits } from '../base/limits.ts';
import { secretNames } from '../settings/secret-names.ts';
import { SecretSearch } from './secret-search.ts';

/** What stands in for a secret. */
export const maskText = '***';
const replacement = Buffer.from(maskText);

/** Words that are no secret wherever they stand. */
const commonWords: ReadonlySet<string> = new Set([
  'true',
  'false',
  'null',
  'none',
  'undefined',
  'default',
  'localhost',
]);

const lineEnds: ReadonlySet<number> = new Set([0x0a, 0x0d]);

/** The secrets among a job's variables. */
export interface Secrets {
  /** Longest first, each once. */
  readonly values: readonly Buffer[];
  /** Finds them; null when there are none. */
  readonly search: SecretSearch | null;
  /** Names of variables that match and are too short or too common to be masked. */
  readonly unmasked: readonly string[];
}

/** Nothing to mask. */
export const noSecrets: Secrets = { values: [], search: null, unmasked: [] };

/**
 * Finds the values to mask.
 * @param entries `NAME=value` each
 * @param patterns names, `*` for any characters, case ignored
 */
export function findSecrets(entries: readonly Buffer[], patterns: readonly string[]): Secrets {
  const names = patterns.map(secretNames);
  const values = new Map<string, Buffer>();
  const unmasked: string[] = [];
  for (const entry of entries) {
    const equals = entry.indexOf('=', 1);
    const name = entry.subarray(0, equals === -1 ? entry.length : equals).toString('latin1');
    if (equals === -1 || !names.some((pattern) => pattern.test(name))) continue;
    const value = entry.subarray(equals + 1);
    if (value.length === 0) continue;
    if (isOrdinary(value)) unmasked.push(name);
    else for (const secret of shapesOf(value)) values.set(secret.toString('latin1'), secret);
  }
  const sorted = [...values.values()].sort((a, b) => b.length - a.length);
  return { values: sorted, search: sorted.length === 0 ? null : new SecretSearch(sorted), unmasked };
}

function isOrdinary(value: Buffer): boolean {
  const word = withoutLineEnds(value);
  return word.length < limits.maskedValueLength || commonWords.has(word.toString().toLowerCase());
}

/** The bytes that a secret may be in the output. */
function shapesOf(value: Buffer): readonly Buffer[] {
  const word = withoutLineEnds(value);
  return [value, word, inTerminal(value), inTerminal(word)];
}

/** As a terminal shows it: every line feed goes with a carriage return (ONLCR, termios(3)). */
function inTerminal(value: Buffer): Buffer {
  return Buffer.from(value.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
}

/** As programs use a secret that was made by `echo`: its last line end is part of the variable, and of no password. */
function withoutLineEnds(value: Buffer): Buffer {
  let end = value.length;
  while (end > 0 && lineEnds.has(value[end - 1] ?? 0)) end -= 1;
  return value.subarray(0, end);
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
  readonly #secrets: readonly Buffer[];
  readonly #search: SecretSearch | null;
  #held: Buffer = Buffer.alloc(0);

  constructor(secrets: Secrets) {
    this.#secrets = secrets.values;
    this.#search = secrets.search;
  }

  /** Whether what comes out may differ from what goes in. */
  get changes(): boolean {
    return this.#secrets.length > 0;
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
    const longest = this.#secrets[0]?.length ?? 0;
    for (let place = Math.max(end, text.length - longest + 1); place < text.length; place += 1) {
      const length = text.length - place;
      const begins = (secret: Buffer) =>
        secret.length > length && secret[0] === text[place] && text.compare(secret, 0, length, place) === 0;
      if (this.#secrets.some(begins)) return place;
    }
    return text.length;
  }
}
