import { fstatSync } from 'node:fs';
import { limits } from '../../base/limits.ts';
import { isTerminal } from '../../kernel/is-terminal.ts';
import {
  copyWindowSize,
  endOfLine,
  isInForeground,
  type PseudoTerminal,
  rawLineSettings,
  rawSettings,
  readsByLines,
  setTerminal,
  type TerminalSettings,
  terminalSettings,
  typedLine,
} from '../../kernel/terminal.ts';

/** The terminal that the emissary has itself. It hands on all bytes until it is restored, once we are in its foreground. */
export class OuterTerminal {
  readonly #file: number;
  /** The job's own. */
  readonly #master: number;
  /** What the job's was set to. */
  #given: TerminalSettings | null = null;
  /** What it is to be restored to; null before it was taken. */
  #settings: TerminalSettings | null = null;
  /** What we set it to. */
  #taken: TerminalSettings | null = null;
  /** What it is to be set to once the lines that were typed before are read. */
  #raw: TerminalSettings | null = null;

  /** @param file its descriptor; the settings of both are made the same */
  constructor(file: number, { master }: PseudoTerminal) {
    this.#file = file;
    this.#master = master;
    copyWindowSize(file, master);
    this.#give();
    this.take();
  }

  /** @returns whether it is ours to read now: not in the background, where it is another program's */
  take(): boolean {
    if (!isInForeground(this.#file)) return false;
    if (this.#settings !== null) return true;
    // In the background, it may have had the settings of a shell that edits its line, and another size.
    copyWindowSize(this.#file, this.#master);
    const current = terminalSettings(this.#master);
    if (current !== null && this.#given?.equals(current)) this.#give();
    this.#settings = terminalSettings(this.#file);
    // The other programs of a pipeline write to it too, and have not ended their lines as the job's terminal does.
    const ways = { typed: isTerminal(0), shown: !isPipe(0) && !isPipe(1) };
    if (this.#settings !== null) {
      const raw = rawSettings(this.#settings, ways);
      this.#raw = ways.typed && readsByLines(this.#settings) ? raw : null;
      setTerminal(this.#file, this.#raw === null ? raw : rawLineSettings(raw));
    }
    this.#taken = terminalSettings(this.#file);
    return true;
  }

  /**
   * What was typed before it was taken, as the keys that were pressed: the terminal has made lines and ends of input of
   * them. Empty from the second call on.
   */
  typedAhead(): Buffer {
    const raw = this.#raw;
    this.#raw = null;
    const current = terminalSettings(this.#file);
    if (raw === null || this.#settings === null || current === null || !this.#taken?.equals(current))
      return Buffer.alloc(0);
    const keys = keysOfLines(this.#file, endOfLine(this.#settings));
    setTerminal(this.#file, raw);
    this.#taken = terminalSettings(this.#file);
    return keys;
  }

  /**
   * Gives it back its settings, unless it is another program's now, or another has set it since: what we found may have
   * been that one's, such as of a pager that ends before us.
   */
  restore(): void {
    if (this.#settings === null || !isInForeground(this.#file)) return;
    const current = terminalSettings(this.#file);
    if (current !== null && this.#taken?.equals(current)) setTerminal(this.#file, this.#settings);
  }

  #give(): void {
    const settings = terminalSettings(this.#file);
    if (settings !== null) setTerminal(this.#master, settings);
    this.#given = terminalSettings(this.#master);
  }
}

function keysOfLines(file: number, end: Buffer): Buffer {
  const keys: Buffer[] = [];
  // An end of input takes a byte of the terminal's room as well.
  for (let bytes = 0; bytes < limits.typedAheadBytes; ) {
    const line = typedLine(file);
    if (line === null) break;
    bytes += Math.max(1, line.length);
    keys.push(line, ...(line.at(-1) === newline ? [] : [end]));
  }
  return Buffer.concat(keys);
}

const newline = 10;

function isPipe(file: number): boolean {
  return fstatSync(file).isFIFO();
}
