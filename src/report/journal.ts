import { closeSync, writeSync } from 'node:fs';
import { sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { say } from '../base/log.ts';
import type { Volume } from '../contract/volume.ts';
import { beginning, type Position } from './container-output.ts';
import { isWithin, type LogFiles, mostCheckpoints } from './journal-bounds.ts';

/** From line number `line` on (counting from 1) it is container `turn`'s turn, and the containers stand at `at`. */
export interface Checkpoint {
  readonly line: number;
  readonly turn: string;
  readonly at: Readonly<Record<string, Position>>;
}

/** From here on container `container`'s log is the one that `log` tells from others. */
interface LogEntry {
  readonly container: string;
  readonly log: string;
}

/**
 * `report/journal`: how the outputs of several containers were merged, so that a later process numbers the lines in
 * the same way. An entry is written before the first line that it concerns is delivered.
 */
export class Journal {
  readonly checkpoints: Checkpoint[];
  /** By container: the log whose lines were delivered last. */
  readonly logs: Map<string, string>;
  /** Null when it cannot be written: then it holds for as long as this process lives. */
  #file: number | null = null;

  /**
   * @param home where the spool is; null: it is in memory
   * @param names the containers of the job; entries about others end the journal
   * @param filesOf the files that it is about: what does not fit them is not believed
   */
  constructor(home: Volume | null, names: readonly string[], filesOf: (name: string) => LogFiles) {
    const look = home?.read('report/journal', limits.journalBytes);
    const text = look?.kind === 'read' ? look.bytes.toString() : '';
    this.checkpoints = [firstCheckpoint(names)];
    this.logs = new Map();
    this.#take(text, names, filesOf);
    if (home === null) return;
    try {
      this.#file = home.openAppend('report/journal');
      if (text !== '' && !text.endsWith('\n')) this.#write('\n');
    } catch (error) {
      this.#giveUp(error);
    }
  }

  append(checkpoint: Checkpoint): void {
    this.checkpoints.push(checkpoint);
    this.#keep(checkpoint);
  }

  /** Forgets what is said of lines beyond this one, which nobody can have delivered. */
  forgetBeyond(line: number): void {
    while (this.checkpoints.length > 1 && (this.checkpoints.at(-1)?.line ?? 0) > line) this.checkpoints.pop();
  }

  /** Lets this checkpoint hold in the place of all that follow the one at `index`. */
  replaceAfter(index: number, checkpoint: Checkpoint): void {
    this.checkpoints.splice(index + 1);
    this.append(checkpoint);
  }

  appendLog(container: string, log: string): void {
    this.logs.set(container, log);
    this.#keep({ container, log });
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #take(text: string, names: readonly string[], filesOf: (name: string) => LogFiles): void {
    if (text === '') return;
    const most = mostCheckpoints(names.length);
    const files = new Map(names.map((name) => [name, filesOf(name)]));
    const fits = (name: string, position: Position) =>
      isWithin(position, files.get(name) as LogFiles, this.logs.get(name));
    for (const entry of entriesOf(text)) {
      const log = parseLog(entry);
      if (log !== null) this.logs.set(log.container, log.log);
      const checkpoint = log === null ? parseCheckpoint(entry, names) : null;
      if (checkpoint === null) continue;
      if (!Object.entries(checkpoint.at).every(([name, position]) => fits(name, position))) continue;
      this.forgetBeyond(checkpoint.line);
      this.checkpoints.push(checkpoint);
      if (this.checkpoints.length > most) this.checkpoints.splice(1, Math.floor(most / 2));
    }
  }

  #keep(entry: Checkpoint | LogEntry): void {
    try {
      this.#write(`${JSON.stringify(entry)}\n`);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #write(text: string): void {
    if (this.#file === null) return;
    const bytes = Buffer.from(text);
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(this.#file, bytes, offset);
  }

  /** The lines are delivered all the same; what was written so far still holds. */
  #giveUp(error: unknown): void {
    this.close();
    say(
      `Cannot keep the order of the output in report/journal: ${sentenceOf(error)}; all goes on, but another sidecar would not know it`,
    );
  }
}

/** The start of every journal. */
export function firstCheckpoint(names: readonly string[]): Checkpoint {
  return {
    line: 1,
    turn: names[0] ?? 'main',
    at: Object.fromEntries(names.map((name) => [name, beginning])),
  };
}

/** Takes the entries in, one after the other: what a later one says holds. A torn or foreign one is passed over. */
function* entriesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const next = end === -1 ? text.length : end;
    if (next > start) yield text.slice(start, next);
    start = next + 1;
  }
}

function parseLog(text: string): LogEntry | null {
  // Most are checkpoints, and long.
  if (!text.startsWith('{"container":')) return null;
  try {
    const { container, log } = JSON.parse(text) as LogEntry;
    return typeof container === 'string' && typeof log === 'string' ? { container, log } : null;
  } catch {
    return null; // As below.
  }
}

function parseCheckpoint(text: string, names: readonly string[]): Checkpoint | null {
  try {
    const { line, turn, at } = JSON.parse(text) as Checkpoint;
    const positions = names.map((name) => [name, checkPosition(at[name])] as const);
    if (!isCount(line) || !names.includes(turn)) return null;
    return { line, turn, at: Object.fromEntries(positions) };
  } catch {
    return null; // See above.
  }
}

function checkPosition(position: Position | undefined): Position {
  const { timeline, taken, stdout, stderr, done } = position ?? beginning;
  const numbers = [timeline, taken, ...stdout, ...stderr];
  if (
    !numbers.every(isCount) ||
    stdout[0] < stdout[1] ||
    stderr[0] < stderr[1] ||
    stdout[0] - stdout[1] > limits.lineBytes ||
    stderr[0] - stderr[1] > limits.lineBytes
  ) {
    throw new Error('not a position');
  }
  return {
    timeline,
    taken,
    stdout: [stdout[0], stdout[1]],
    stderr: [stderr[0], stderr[1]],
    done: done === true,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
