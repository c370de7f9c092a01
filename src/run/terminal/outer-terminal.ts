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

/** The emissary's own terminal. It is in raw mode from when we are in its foreground until it is restored. */
export class OuterTerminal {
  readonly #file: number;
  /** The job's pseudo-terminal. */
  readonly #master: number;
  /** The settings that the job's terminal got from us. */
  #given: TerminalSettings | null = null;
  /** The settings to restore; null before `take`. */
  #settings: TerminalSettings | null = null;
  /** The settings that we set. */
  #taken: TerminalSettings | null = null;
  /** The raw settings to set once the lines typed ahead are read. */
  #raw: TerminalSettings | null = null;

  /** @param file its descriptor; its settings are copied to the job's terminal */
  constructor(file: number, { master }: PseudoTerminal) {
    this.#file = file;
    this.#master = master;
    copyWindowSize(file, master);
    this.#give();
    this.take();
  }

  /** Sets raw mode. @returns whether we may read it now: false in the background, where another program owns it */
  take(): boolean {
    if (!isInForeground(this.#file)) return false;
    if (this.#settings !== null) return true;
    // While we were in the background, a shell may have had its line-editing settings, and the size may have changed.
    copyWindowSize(this.#file, this.#master);
    const current = terminalSettings(this.#master);
    if (current !== null && this.#given?.equals(current)) this.#give();
    this.#settings = terminalSettings(this.#file);
    // Other programs of a pipeline write to it, too, without the CR that the job's terminal adds to their line ends.
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
   * What was typed before `take`, as the keys pressed: the terminal has turned them into lines and ends of input. Empty
   * from the second call on.
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
   * Restores the settings, unless another program owns the terminal or has changed them since: the settings that we
   * found may have been that program's, such as a pager's that exits before us.
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
  // An end of input takes a byte of the terminal's buffer as well.
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
