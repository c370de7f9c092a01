import { Fault } from '../base/fault.ts';
import { limits } from '../base/limits.ts';

/** `{NAME}` and `${NAME}`. */
const placeholder = /\$?\{([^{}]+)\}/g;

/** A text with its macros expanded. */
export interface Expanded {
  readonly text: string;
  /** The variables that it contains, also indirectly. */
  readonly used: ReadonlySet<string>;
  /** Names in braces that are not variables; they stay as they are. */
  readonly unknown: ReadonlySet<string>;
}

/** Expands variable names in texts, as MultiFlexi does; values may contain names, too. */
export class Macros {
  readonly #values: ReadonlyMap<string, string>;
  readonly #expanded = new Map<string, Expanded>();
  readonly #underWay = new Set<string>();

  /** @param values unexpanded */
  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** @throws Fault `usage` for a text that is too long for a process's arguments */
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
        throw new Fault('usage', `${where}: longer than ${limits.expandedBytes} bytes after macro expansion`);
      return value.text;
    });
    return { text: expanded, used, unknown };
  }

  /** A variable's expanded value. Null for an unknown variable, and for one that contains itself. */
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
