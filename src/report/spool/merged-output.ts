import { limits } from '../../base/limits.ts';
import type { Volume } from '../../contract/volume.ts';
import type { OutputLine } from '../../observe/line-packer.ts';
import { beginning, type Position, type TurnRead } from '../../observe/output-position.ts';
import type { Checkpoint, Journal } from './journal.ts';
import { JournalCursor } from './journal-cursor.ts';
import { lostLines } from './lost-lines.ts';
import { msUntilFirst } from './ms-until-first.ts';
import { OpenOutputs } from './open-outputs.ts';
import type { OutputLogOptions } from './output-log-options.ts';
import { OutputScan } from './output-scan.ts';

/** Merges the outputs of all containers into one sequence of rows, as the journal says, and adds new turns to it. */
export class MergedOutput {
  readonly #hasEnded: (name: string) => boolean;
  readonly #journal: Journal;
  readonly #outputs: OpenOutputs;
  readonly #cursor: JournalCursor;
  readonly #scan: OutputScan;

  /** @param journal of these containers */
  constructor(
    volume: Volume,
    names: readonly string[],
    journal: Journal,
    { hasEnded, streams }: Pick<OutputLogOptions, 'hasEnded' | 'streams'>,
  ) {
    this.#hasEnded = hasEnded;
    this.#journal = journal;
    this.#outputs = new OpenOutputs(volume, names.length, journal.checkpoints, streams);
    this.#cursor = new JournalCursor(journal, this.#outputs, names[0] ?? 'main');
    this.#scan = new OutputScan(names, this.#outputs, hasEnded);
    this.seek(Number.POSITIVE_INFINITY);
  }

  /** The number of the next row. */
  get next(): number {
    return this.#cursor.line;
  }

  /** In how many ms a row will be due even without further output; null if none will be. */
  get laterMs(): number | null {
    const { pendingSince } = this.#outputs;
    return msUntilFirst([pendingSince === null ? null : pendingSince + finishMs, this.#scan.delayedUntil]);
  }

  /** How many bytes of a container's stream have been read. */
  bytesRead(name: string, stream: OutputLine['type']): number {
    return this.#outputs.position(name)[stream][0];
  }

  close(): void {
    this.#outputs.close();
  }

  /** Appends the new output of restarted containers to the delivered rows: it must not pass for output that was delivered. */
  restart(from: number, renewed: readonly string[]): void {
    const cursor = this.#cursor;
    this.seek(Number.POSITIVE_INFINITY);
    while (cursor.line < from && !renewed.includes(cursor.turn)) {
      const { lines } = this.#readFrom(cursor.turn, from - cursor.line);
      if (lines.length === 0) break;
      cursor.line += lines.length;
    }
    cursor.line = Math.max(cursor.line, from);
    const { turn } = cursor;
    for (const name of renewed) {
      cursor.addTurn(name, beginning);
      this.#outputs.put(name, beginning);
      this.#journal.logs.delete(name);
    }
    if (!renewed.includes(turn)) cursor.addTurn(turn, this.#outputs.position(turn));
    this.seek(from);
  }

  /** Drops journal entries about rows beyond this one, which cannot have been delivered. */
  forgetBeyond(line: number): void {
    if (!this.#journal.forgetBeyond(line)) return;
    this.#outputs.reset(this.#journal.checkpoints);
    this.seek(Number.POSITIVE_INFINITY);
  }

  /** Returns to the last checkpoint at or before a row. */
  seek(line: number): void {
    this.#cursor.seek(line);
    this.#scan.reset();
  }

  /**
   * Reads one turn: the rows from number `next` on. Null if there is nothing more to read now.
   * @param from the first row that is not known to be delivered
   */
  read(from: number): readonly OutputLine[] | null {
    const lines = this.#readTurn(from);
    this.#cursor.line += lines?.length ?? 0;
    return lines;
  }

  #readTurn(from: number): readonly OutputLine[] | null {
    const { following } = this.#cursor;
    if (following !== undefined) return this.#readAgain(following, from);
    return this.next < from ? this.#readKnown(from - this.next) : this.#readNewest();
  }

  /** Repeats the rows up to the next checkpoint of the journal. */
  #readAgain(following: Checkpoint, from: number): readonly OutputLine[] {
    const left = following.line - this.next;
    if (left <= 0) {
      this.#cursor.pass(following);
      return [];
    }
    const output = this.#outputs.of(this.#cursor.turn);
    const isCut = following.cut === true;
    const until = isCut ? following.at : null;
    const turn = { lines: Math.min(left, limits.batchLines), bytes: limits.batchBytes, until, ended: !isCut };
    const { lines, bytes } = output.read(turn);
    const all = lines.length === 0 && isCut ? output.cut() : lines;
    if (all.length > 0) return all.slice(0, left);
    if (bytes > 0) return [];
    // There are none only if somebody changed the files or the journal. Delivered rows keep their numbers anyway.
    if (this.next < from) return lostLines(Math.min(left, from - this.next));
    this.#cursor.skip(following);
    this.#scan.reset();
    return [];
  }

  /** Repeats the rows delivered since the last checkpoint: all of them are of the container whose turn it is. */
  #readKnown(count: number): readonly OutputLine[] | null {
    const read = this.#readFrom(this.#cursor.turn, count);
    if (read.lines.length > 0 || read.bytes > 0) return read.lines;
    // A last line without a newline is complete only once the container is known to have exited.
    return this.#hasEnded(this.#cursor.turn) ? this.#readNewest() : null;
  }

  #readNewest(): readonly OutputLine[] | null {
    return this.#scan.read(this.#cursor.turn, (name) => this.#readNew(name));
  }

  /** @returns null if there is nothing new of this container */
  #readNew(name: string): readonly OutputLine[] | null {
    const before = this.#outputs.position(name);
    const read = this.#readFrom(name, limits.batchLines);
    const output = this.#outputs.of(name);
    const isLate = output.pendingSince !== null && performance.now() - output.pendingSince >= finishMs;
    const isCut = read.exhausted && read.lines.length === 0 && isLate;
    const lines = isCut ? output.cut() : read.lines;
    // A slow wrapper may not have written it when the first row was read.
    if (lines.length > 0 || hasBegun(before)) this.#journal.noteLog(name, () => output.identity);
    if (lines.length === 0) return null;
    this.#cursor.turnTo(name, before);
    this.#cursor.countBytes(read.bytes);
    if (isCut) this.#cursor.addCut(lines.length);
    return lines;
  }

  #readFrom(name: string, lines: number): TurnRead {
    const ended = this.#hasEnded(name);
    return this.#outputs
      .of(name)
      .read({ lines: Math.min(lines, limits.batchLines), bytes: limits.batchBytes, until: null, ended });
  }
}

function hasBegun({ stdout, stderr }: Position): boolean {
  return stdout[0] + stderr[0] > 0;
}

/** When an unfinished row is finished, ms after its first line arrived: by then its time slot is over. */
const finishMs = limits.slotMs + limits.slotSlackMs;
