/**
 * The environment as the kernel gave it: bytes, in order, duplicates and all. The job gets these bytes; the program
 * itself looks its own variables up as text.
 */
export class Environment {
  /** `NAME=value` each, without the closing NUL. */
  readonly entries: readonly Buffer[];
  readonly #values: ReadonlyMap<string, string>;

  constructor(entries: readonly Buffer[]) {
    this.entries = entries;
    const values = new Map<string, string>();
    for (const entry of entries) {
      const name = nameOf(entry);
      // The first of two variables with one name is the one that getenv(3) finds.
      if (!values.has(name)) values.set(name, entry.subarray(entry.indexOf('=', 1) + 1).toString());
    }
    this.#values = values;
  }

  /** The value of the first of these variables that is set and not empty, or null. */
  get(...names: readonly string[]): string | null {
    for (const name of names) {
      const value = this.#values.get(name);
      if (value !== undefined && value !== '') return value;
    }
    return null;
  }

  /** The value as it is, also when it is empty; null when the variable is not set. */
  raw(name: string): string | null {
    return this.#values.get(name) ?? null;
  }

  /** All variables by name. */
  all(): ReadonlyMap<string, string> {
    return this.#values;
  }
}

/** The name part of a `NAME=value` entry; the whole entry where there is no `=`. */
export function nameOf(entry: Buffer): string {
  const equals = entry.indexOf('=', 1);
  return (equals === -1 ? entry : entry.subarray(0, equals)).toString('latin1');
}
