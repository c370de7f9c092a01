import { Fault } from '../base/fault.ts';
import { limits } from '../base/limits.ts';

/** `{NAME}` and `${NAME}`. */
const placeholder = /\$?\{([^{}]+)\}/g;

/** A text with the values of variables in it. */
export interface Expanded {
  readonly text: string;
  /** The variables that it was made of, also by way of others. */
  readonly used: ReadonlySet<string>;
  /** Names in braces that are those of no variable: they stay as they are. */
  readonly unknown: ReadonlySet<string>;
}

/** Puts values of variables in the place of their names, as MultiFlexi does; values may hold names, too. */
export class Macros {
  readonly #values: ReadonlyMap<string, string>;
  readonly #expanded = new Map<string, Expanded>();
  readonly #underWay = new Set<string>();

  /** @param values as they were given */
  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** @throws Fault `usage` for a text that no process could be given */
  expand(text: string, where: string): Expanded {
    const used = new Set<string>();
    const unknown = new Set<string>();
    let bytes = Buffer.byteLength(text);
    const expanded = text.replace(placeholder, (found, name: string) => {
      const value = this.valueOf(name);
      if (value === null) {
        unknown.add(found);
        return found;
      }
      used.add(name);
      for (const other of value.used) used.add(other);
      bytes += Buffer.byteLength(value.text);
      if (bytes > limits.expandedBytes)
        throw new Fault(
          'usage',
          `manifest: ${where}: longer than ${limits.expandedBytes} bytes with its macros`,
        );
      return value.text;
    });
    return { text: expanded, used, unknown };
  }

  /** A variable's value with others in it. Null for no variable, and for one that would be put into itself. */
  valueOf(name: string): Expanded | null {
    const done = this.#expanded.get(name);
    if (done !== undefined) return done;
    const text = this.#values.get(name);
    if (text === undefined || this.#underWay.has(name)) return null;
    this.#underWay.add(name);
    const value = this.expand(text, name);
    this.#underWay.delete(name);
    this.#expanded.set(name, value);
    return value;
  }
}
