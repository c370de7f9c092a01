/**
 * The environment exactly as the kernel passed it: bytes, in order, including duplicates. The job gets these bytes;
 * the program reads its own variables as text.
 */
export class Environment {
  /** One `NAME=value` each, without the terminating NUL. */
  readonly entries: readonly Buffer[];
  readonly #values: ReadonlyMap<string, string>;

  constructor(entries: readonly Buffer[]) {
    this.entries = entries;
    const values = new Map<string, string>();
    for (const entry of entries) {
      const name = nameOf(entry);
      // Of two variables with the same name, getenv(3) finds the first.
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

  /** The value even if it is empty; null if the variable is not set. */
  raw(name: string): string | null {
    return this.#values.get(name) ?? null;
  }

  /** All variables by name. */
  all(): ReadonlyMap<string, string> {
    return this.#values;
  }
}

/** The name of a `NAME=value` entry; the whole entry if it has no `=`. */
export function nameOf(entry: Buffer): string {
  const equals = entry.indexOf('=', 1);
  return (equals === -1 ? entry : entry.subarray(0, equals)).toString('latin1');
}

/** An environment of texts. */
export function environmentOf(variables: Readonly<Record<string, string>>): Environment {
  return new Environment(Object.entries(variables).map(([name, value]) => Buffer.from(`${name}=${value}`)));
}
