import { closeSync, writeSync } from 'node:fs';
import { sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { say } from '../base/log.ts';
import type { Volume } from '../contract/volume.ts';
import { beginning, checkPosition, type Position } from './output-position.ts';

/** From row number `line` on (counting from 1) it is container `turn`'s turn, which stands at `at`. */
export interface Checkpoint {
  readonly line: number;
  readonly turn: string;
  readonly at: Position;
  /** Where the container of the checkpoint before this one stands; null in the first one. */
  readonly left: Position | null;
  /** The row before this one ends at `at`, for no more came in time. */
  readonly cut?: true;
}

/** From here on container `container`'s log is the one that `log` tells from others. */
interface LogEntry {
  readonly container: string;
  readonly log: string;
}

/**
 * `report/journal`: how the outputs of several containers were merged, and which rows were finished because no more
 * came in time, so that a later process makes the same rows. An entry is written before the first row that it concerns
 * is delivered.
 */
export class Journal {
  readonly checkpoints: Checkpoint[];
  /** By container: the log whose lines were delivered last. */
  readonly logs: Map<string, string>;
  /** Null when it cannot be written: then it holds for as long as this process lives. */
  #file: number | null = null;

  /** @param names the containers of the job; entries about others are passed over */
  constructor(volume: Volume, names: readonly string[]) {
    const look = volume.read('report/journal', limits.journalBytes);
    const text = look.kind === 'read' ? look.bytes.toString() : '';
    this.checkpoints = readCheckpoints(text, names);
    this.logs = readLogs(text);
    try {
      this.#file = volume.openAppend('report/journal');
      if (text !== '' && !text.endsWith('\n')) this.#write('\n');
    } catch (error) {
      this.#giveUp(error);
    }
  }

  append(checkpoint: Checkpoint): void {
    this.checkpoints.push(checkpoint);
    this.#keep(checkpoint);
  }

  appendLog(container: string, log: string): void {
    this.logs.set(container, log);
    this.#keep({ container, log });
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
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

function readCheckpoints(text: string, names: readonly string[]): Checkpoint[] {
  const known = new Set(names);
  const checkpoints: Checkpoint[] = [{ line: 1, turn: names[0] ?? 'main', at: beginning, left: null }];
  for (const line of text.split('\n')) {
    const checkpoint = line === '' ? null : parseCheckpoint(line, known);
    const last = checkpoints.at(-1);
    // A torn or foreign entry is passed over; the ones before it still hold.
    if (checkpoint !== null && checkpoint.line >= (last?.line ?? 1)) checkpoints.push(checkpoint);
  }
  return checkpoints;
}

function readLogs(text: string): Map<string, string> {
  const entries = text.split('\n').map(parseLog);
  return new Map(entries.flatMap((entry) => (entry === null ? [] : [[entry.container, entry.log] as const])));
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
    return null; // See above.
  }
}
