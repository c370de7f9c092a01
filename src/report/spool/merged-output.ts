import { limits } from '../../base/limits.ts';
import type { Volume } from '../../contract/volume.ts';
import type { OutputLine } from '../../observe/line-packer.ts';
import { beginning, type Position, type TurnRead } from '../../observe/output-position.ts';
import type { Checkpoint, Journal } from './journal.ts';
import { lostLines } from './lost-lines.ts';
import { msUntilFirst } from './ms-until-first.ts';
import { OpenOutputs } from './open-outputs.ts';
import type { OutputLogOptions } from './output-log-options.ts';
import { passOver } from './pass-over.ts';

/** Merges the outputs of all containers into one sequence of rows, as the journal says, and journals what is new. */
export class MergedOutput {
  readonly #names: readonly string[];
  readonly #hasEnded: (name: string) => boolean;
  readonly #journal: Journal;
  readonly #outputs: OpenOutputs;
  /** Containers of which more may come, in the order of the template. */
  #left: readonly string[] = [];
  /** The checkpoint that reading stands behind. */
  #index = 0;
  #turn: string;
  #next = 1;
  /** Bytes that were read since the last checkpoint. */
  #bytes = 0;
  /** When all containers are looked at again for what is new (`performance.now()`). */
  #scanAt = 0;

  /** @param journal of these containers */
  constructor(
    volume: Volume,
    names: readonly string[],
    journal: Journal,
    { hasEnded, streams }: Pick<OutputLogOptions, 'hasEnded' | 'streams'>,
  ) {
    this.#names = names;
    this.#hasEnded = hasEnded;
    this.#journal = journal;
    this.#outputs = new OpenOutputs(volume, names.length, journal.checkpoints, streams);
    this.#turn = names[0] ?? 'main';
    this.seek(Number.POSITIVE_INFINITY);
  }

  /** The number of the row that comes next. */
  get next(): number {
    return this.#next;
  }

  /** In how many ms there will be a row although nothing more happens; null when there will be none. */
  get laterMs(): number | null {
    const { pendingSince } = this.#outputs;
    const scanAt = this.#scanAt > performance.now() ? this.#scanAt : null;
    return msUntilFirst([pendingSince === null ? null : pendingSince + finishMs, scanAt]);
  }

  /** How many bytes of a container's stream have been read. */
  bytesRead(name: string, stream: OutputLine['type']): number {
    return this.#outputs.position(name)[stream][0];
  }

  close(): void {
    this.#outputs.close();
  }

  /** The new output of a container that was started again follows what was delivered: its lines are no old ones. */
  beginAnew(from: number, renewed: readonly string[]): void {
    this.seek(Number.POSITIVE_INFINITY);
    while (this.#next < from && !renewed.includes(this.#turn)) {
      const { lines } = this.#readFrom(this.#turn, Math.min(limits.batchLines, from - this.#next));
      if (lines.length === 0) break;
      this.#next += lines.length;
    }
    this.#next = Math.max(this.#next, from);
    const turn = this.#turn;
    for (const name of renewed) {
      this.#journalTurn(name, beginning);
      this.#outputs.put(name, beginning);
      this.#journal.logs.delete(name);
    }
    if (!renewed.includes(turn)) this.#journalTurn(turn, this.#outputs.position(turn));
    this.seek(from);
  }

  /** Forgets what the journal says of rows beyond this one, which nobody can have delivered. */
  forgetBeyond(line: number): void {
    if (!this.#journal.forgetBeyond(line)) return;
    this.#outputs.reset(this.#journal.checkpoints);
    this.seek(Number.POSITIVE_INFINITY);
  }

  /** Goes back to the last checkpoint at or before a row. */
  seek(line: number): void {
    const { checkpoints } = this.#journal;
    // In the midst of reading again, one of them stands where it did long ago.
    if (this.#index < checkpoints.length - 1) this.#outputs.reset(checkpoints);
    this.#index = Math.max(
      0,
      checkpoints.findLastIndex((checkpoint) => checkpoint.line <= line),
    );
    this.#stand(checkpoints[this.#index]);
    this.#findLeft();
  }

  #findLeft(): void {
    this.#left = this.#names.filter((name) => !this.#outputs.position(name).done);
  }

  #stand(checkpoint: Checkpoint | undefined): void {
    if (checkpoint === undefined) return;
    this.#outputs.put(checkpoint.turn, checkpoint.at);
    this.#turn = checkpoint.turn;
    this.#next = checkpoint.line;
    this.#bytes = 0;
  }

  /**
   * Reads one turn: the rows from number `next` on. Null when there is nothing more to read now.
   * @param from the first row that is not known to be delivered
   */
  read(from: number): readonly OutputLine[] | null {
    const lines = this.#readTurn(from);
    this.#next += lines?.length ?? 0;
    return lines;
  }

  #readTurn(from: number): readonly OutputLine[] | null {
    const following = this.#journal.checkpoints[this.#index + 1];
    if (following !== undefined) return this.#readAgain(following, from);
    return this.#next < from ? this.#readKnown(from - this.#next) : this.#readOn();
  }

  /** Repeats what the journal says, up to the next checkpoint. */
  #readAgain(following: Checkpoint, from: number): readonly OutputLine[] {
    const left = following.line - this.#next;
    if (left <= 0) {
      this.#index += 1;
      if (following.left !== null) this.#outputs.put(this.#turn, following.left);
      this.#stand(following);
      return [];
    }
    const output = this.#outputs.of(this.#turn);
    const isCut = following.cut === true;
    const until = isCut ? following.at : null;
    const turn = { lines: Math.min(left, limits.batchLines), bytes: limits.batchBytes, until, ended: !isCut };
    const { lines, bytes } = output.read(turn);
    const all = lines.length === 0 && isCut ? output.cut() : lines;
    if (all.length > 0) return all.slice(0, left);
    if (bytes > 0) return [];
    // None only if somebody changed the files, or the journal. The numbers of what was delivered hold all the same.
    if (this.#next < from) return lostLines(Math.min(left, from - this.#next));
    const here = { index: this.#index, line: this.#next, turn: this.#turn };
    this.#stand(passOver(following, here, this.#journal, this.#outputs));
    this.#index += 1;
    this.#findLeft();
    return [];
  }

  /** Repeats what was delivered since the last checkpoint: it is all of the container whose turn it is. */
  #readKnown(count: number): readonly OutputLine[] | null {
    const read = this.#readFrom(this.#turn, Math.min(count, limits.batchLines));
    if (read.lines.length > 0 || read.bytes > 0) return read.lines;
    // The end of a container's last line may be known only when the container is known to have ended.
    return this.#hasEnded(this.#turn) ? this.#readOn() : null;
  }

  /** Reads what is new, from the container whose turn it is, else from the others. */
  #readOn(): readonly OutputLine[] | null {
    const begun = performance.now();
    if (begun < this.#scanAt && !this.#left.every(this.#hasEnded)) return null;
    const start = Math.max(0, this.#left.indexOf(this.#turn));
    const done = new Set<string>();
    let found: readonly OutputLine[] | null = null;
    for (let count = 0; count < this.#left.length && found === null; count += 1) {
      const name = this.#left[(start + count) % this.#left.length] as string;
      found = this.#readNew(name);
      if (found === null && this.#outputs.position(name).done) done.add(name);
    }
    if (done.size > 0) this.#left = this.#left.filter((name) => !done.has(name));
    const scanMs = performance.now() - begun;
    // Of very many, most have nothing new each time: looking must not take all of a processor.
    if (found === null && scanMs > limits.shortScanMs) this.#scanAt = begun + limits.scanShare * scanMs;
    return found;
  }

  /** @returns null when there is nothing new of this container */
  #readNew(name: string): readonly OutputLine[] | null {
    const before = this.#outputs.position(name);
    const read = this.#readFrom(name, limits.batchLines);
    const output = this.#outputs.of(name);
    const isLate = output.pendingSince !== null && performance.now() - output.pendingSince >= finishMs;
    const isCut = read.exhausted && read.lines.length === 0 && isLate;
    const lines = isCut ? output.cut() : read.lines;
    if (lines.length === 0) return null;
    this.#journal.noteLog(name, () => output.identity);
    if (name !== this.#turn || this.#journal.isDue(this.#next, this.#bytes)) this.#journalTurn(name, before);
    this.#bytes += read.bytes;
    if (isCut) this.#journalCut(name, lines.length);
    return lines;
  }

  #journalTurn(name: string, at: Position): void {
    const left = this.#turn === name ? at : this.#outputs.position(this.#turn);
    this.#journal.append({ line: this.#next, turn: name, at, left });
    this.#index = this.#journal.checkpoints.length - 1;
    this.#turn = name;
    this.#bytes = 0;
  }

  /** Rows that end where they do only because nothing more came in time. */
  #journalCut(name: string, rows: number): void {
    const at = this.#outputs.position(name);
    this.#journal.append({ line: this.#next + rows, turn: name, at, left: at, cut: true });
    this.#index = this.#journal.checkpoints.length - 1;
    this.#bytes = 0;
  }

  #readFrom(name: string, lines: number): TurnRead {
    const ended = this.#hasEnded(name);
    return this.#outputs
      .of(name)
      .read({ lines: Math.min(lines, limits.batchLines), bytes: limits.batchBytes, until: null, ended });
  }
}

/** When a row that waits for more lines is finished, ms after its first one came: no more can come into its slot. */
const finishMs = limits.slotMs + limits.slotSlackMs;
