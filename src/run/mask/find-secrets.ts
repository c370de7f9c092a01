import { nameMatcher } from '../../settings/secret-names.ts';
import { urlPasswords } from '../../settings/url-passwords.ts';
import { SecretSearch } from './secret-search.ts';
import { SecretValues } from './secret-values.ts';

/** The secrets among a job's variables. */
export interface Secrets {
  /** As they are in the variables; longest first, no duplicates. */
  readonly values: readonly Buffer[];
  /** Finds them in all their forms; null if there are none. */
  readonly search: SecretSearch | null;
  /** Names of secret variables whose values are too short or too common to be masked. */
  readonly unmasked: readonly string[];
  /** Names of variables whose values are too large to be masked in encoded forms, too. */
  readonly unencoded: readonly string[];
}

/** Nothing to mask. */
export const noSecrets: Secrets = { values: [], search: null, unmasked: [], unencoded: [] };

/**
 * Finds the values to mask: those of variables with matching names, and the passwords of URLs in any variable.
 * @param entries `NAME=value` each
 * @param patterns names; `*` stands for any characters, case is ignored; an empty list masks nothing
 */
export function findSecrets(entries: readonly Buffer[], patterns: readonly string[]): Secrets {
  if (patterns.length === 0) return noSecrets;
  const isSecret = nameMatcher(patterns);
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
