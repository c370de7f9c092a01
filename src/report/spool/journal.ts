import { closeSync, writeSync } from 'node:fs';
import { messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import type { Volume } from '../../contract/volume.ts';
import { beginning, checkPosition, type Position } from '../../observe/output-position.ts';
import { isWithin, type LogFiles } from './journal-bounds.ts';
import { unknownToNext } from './spool.ts';

/** From row number `line` on (counting from 1), rows come from container `turn`, starting at position `at`. */
export interface Checkpoint {
  readonly line: number;
  readonly turn: string;
  readonly at: Position;
  /** The position that the previous checkpoint's container was left at; null in the first checkpoint. */
  readonly left: Position | null;
  /** The row before this one ends at `at` because no more output came in time. */
  readonly cut?: true;
}

/** From here on, the log of `container` is the one identified by `log`. */
interface LogEntry {
  readonly container: string;
  readonly log: string;
}

/**
 * `report/journal`: how the outputs of several containers were merged, and which rows were finished because no more
 * output came in time, so that a later process makes the same rows. An entry is written before the first row that it
 * concerns is delivered.
 */
export class Journal {
  readonly checkpoints: Checkpoint[];
  /** By container: the log whose lines were delivered last. */
  readonly logs: Map<string, string>;
  /** Null if it cannot be written: then the journal lasts only as long as this process. */
  #file: number | null = null;

  /**
   * @param home where the spool is; null: it is in memory
   * @param names the containers of the job; entries about others are skipped
   * @param filesOf the files of a container's log: entries that do not fit them are skipped
   */
  constructor(home: Volume | null, names: readonly string[], filesOf: (name: string) => LogFiles) {
    const look = home?.read('report/journal', limits.journalBytes);
    const text = look?.kind === 'read' ? look.bytes.toString() : '';
    this.checkpoints = [{ line: 1, turn: names[0] ?? 'main', at: beginning, left: null }];
    this.logs = new Map();
    this.#take(text, new Set(names), filesOf);
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

  /** Drops the checkpoints beyond this row. @returns whether there were any */
  forgetBeyond(line: number): boolean {
    const before = this.checkpoints.length;
    while (this.checkpoints.length > 1 && (this.checkpoints.at(-1)?.line ?? 0) > line) this.checkpoints.pop();
    return this.checkpoints.length < before;
  }

  /** Replaces all checkpoints after the one at `index` by another one, made from those that remain. */
  replaceAfter(index: number, make: (checkpoints: readonly Checkpoint[]) => Checkpoint): Checkpoint {
    this.checkpoints.splice(index + 1);
    const checkpoint = make(this.checkpoints);
    this.append(checkpoint);
    return checkpoint;
  }

  /** Whether enough was read since the last checkpoint to write another one. */
  isDue(line: number, bytes: number): boolean {
    const lines = line - (this.checkpoints.at(-1)?.line ?? 1);
    return lines >= limits.checkpointLines || bytes >= limits.checkpointBytes;
  }

  /** Records the identity of a container's log: once per run, before its first line is delivered. */
  noteLog(container: string, identity: () => string | null): void {
    if (this.logs.has(container)) return;
    const log = identity();
    // The wrapper has not written its first line yet: once it has, this would look like another log.
    if (log === null || log === '') return;
    this.logs.set(container, log);
    this.#keep({ container, log });
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  /** Applies the entries in order: later ones override earlier ones. A torn or foreign entry is skipped. */
  #take(text: string, names: ReadonlySet<string>, filesOf: (name: string) => LogFiles): void {
    const files = new Map<string, LogFiles>();
    const fits = (name: string, position: Position) => {
      const found = files.get(name) ?? filesOf(name);
      files.set(name, found);
      return isWithin(position, found, this.logs.get(name));
    };
    for (const entry of entriesOf(text)) {
      const log = parseLog(entry);
      if (log !== null && names.has(log.container)) this.logs.set(log.container, log.log);
      const checkpoint = log === null ? parseCheckpoint(entry, names) : null;
      if (checkpoint === null) continue;
      const before = this.checkpoints.at(-1)?.turn ?? '';
      if (!fits(checkpoint.turn, checkpoint.at)) continue;
      if (checkpoint.left !== null && !fits(before, checkpoint.left)) continue;
      this.forgetBeyond(checkpoint.line);
      this.checkpoints.push(checkpoint);
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

  /** The lines are delivered anyway; the entries written so far remain valid. */
  #giveUp(error: unknown): void {
    this.close();
    log(`Cannot record the order of the output in report/journal: ${messageOf(error)}; ${unknownToNext}`);
  }
}

function* entriesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const next = end === -1 ? text.length : end;
    if (next > start) yield text.slice(start, next);
    start = next + 1;
  }
}

function parseLog(text: string): LogEntry | null {
  // Most entries are checkpoints, which are long.
  if (!text.startsWith('{"container":')) return null;
  try {
    const { container, log } = JSON.parse(text) as LogEntry;
    return typeof container === 'string' && typeof log === 'string' ? { container, log } : null;
  } catch {
    return null; // A torn or foreign entry.
  }
}

function parseCheckpoint(text: string, names: ReadonlySet<string>): Checkpoint | null {
  try {
    const { line, turn, at, left, cut } = JSON.parse(text) as Checkpoint;
    if (!Number.isSafeInteger(line) || line < 1 || !names.has(turn)) return null;
    return {
      line,
      turn,
      at: checkPosition(at),
      left: left === null ? null : checkPosition(left),
      ...(cut === true && { cut }),
    };
  } catch {
    return null; // A torn or foreign entry.
  }
}
