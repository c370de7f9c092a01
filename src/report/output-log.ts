import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';
import { beginning, ContainerOutput, type OutputLine, type Position } from './container-output.ts';
import { type Checkpoint, firstCheckpoint, Journal } from './journal.ts';
import { logFiles } from './log-files.ts';
import { lostLines } from './lost-lines.ts';
import type { StreamBounds } from './stream-bounds.ts';

/** Lines of the job's output, in order; the first one has number `first` (counting from 1). */
export interface Batch {
  readonly first: number;
  readonly lines: readonly OutputLine[];
}

/**
 * The output of all of the job's main containers as one numbered sequence of lines. The numbers are the same in every
 * process that reads it: within a container they follow its timeline, between containers the journal.
 */
export class OutputLog {
  readonly #volume: Volume;
  readonly #names: readonly string[];
  readonly #hasEnded: (name: string) => boolean;
  readonly #journal: Journal;
  readonly #bounds: StreamBounds;
  #outputs = new Map<string, ContainerOutput>();
  /** The checkpoint that reading stands behind. */
  #index = 0;
  #turn: string;
  #next = 1;
  /** The number of the line that is to be delivered next: none from there on was. */
  #wanted = 1;
  #last: Batch | null = null;
  /** Containers that were started again since an earlier process delivered lines of theirs; null until it is known. */
  #renewed: readonly string[] | null = null;

  /**
   * @param hasEnded whether a container is sealed or lost, so that its output is complete
   * @param home where the spool is; null: it is in memory
   * @param bounds how much of the streams is taken
   */
  constructor(
    volume: Volume,
    names: readonly string[],
    hasEnded: (name: string) => boolean,
    home: Volume | null,
    bounds: StreamBounds,
  ) {
    this.#bounds = bounds;
    this.#volume = volume;
    this.#names = names;
    this.#hasEnded = hasEnded;
    this.#journal = new Journal(home, names, (name) => logFiles(volume, name));
    this.#turn = names[0] ?? 'main';
    this.#seek(1);
  }

  /**
   * @param from the number of the first line that is wanted
   * @returns a batch that starts there, or null when there is no such line yet
   */
  batch(from: number): Batch | null {
    if (this.#last?.first === from) return this.#last;
    this.#wanted = from;
    if (this.#renewed === null) {
      // Nobody delivers a line before it has said whose it is: what is said of lines far beyond is forged.
      this.#journal.forgetBeyond(from + limits.checkpointLines);
      this.#findRenewed(from);
    }
    if (from < this.#next) this.#seek(from);
    for (;;) {
      const first = this.#next;
      const lines = this.#read();
      if (lines === null) return null;
      this.#next = first + lines.length;
      if (lines.length === 0 || this.#next <= from) continue;
      this.#last = { first: Math.max(first, from), lines: lines.slice(Math.max(0, from - first)) };
      return this.#last;
    }
  }

  close(): void {
    for (const output of this.#outputs.values()) output.close();
    this.#journal.close();
  }

  /**
   * Sentences about what was not read, and may never be: of containers that were started again on the same volume,
   * although each job needs its own, and of streams that are larger than their bound.
   */
  get complaints(): readonly string[] {
    const again = (name: string) => `Container ${name} was started again on the same volume`;
    const before = (name: string) => `${again(name)}: output from before that was not stored yet is gone`;
    const since = (name: string) => `${again(name)}: its output since is not stored yet`;
    const cut = this.#bounds.complaints(this.#volume, this.#names);
    return [...(this.#renewed ?? []).map(before), ...this.#renewedNow().map(since), ...cut];
  }

  /** Containers whose log is another one now than that whose lines were delivered. */
  #renewedNow(): readonly string[] {
    return this.#names.filter((name) => {
      const delivered = this.#journal.logs.get(name);
      if (delivered === undefined) return false;
      const output = new ContainerOutput(this.#volume, name, beginning);
      try {
        const { identity } = output;
        return identity !== null && identity !== delivered;
      } finally {
        output.close();
      }
    });
  }

  #findRenewed(from: number): void {
    const renewed = this.#renewedNow();
    if (renewed.length > 0) this.#beginAnew(from, renewed);
    this.#renewed = renewed;
  }

  /** The new output of a container that was started again follows what was delivered: its lines are no old ones. */
  #beginAnew(from: number, renewed: readonly string[]): void {
    this.#seek(Number.POSITIVE_INFINITY);
    while (this.#next < from && !renewed.includes(this.#turn)) {
      const { lines } = this.#readFrom(this.#turn, Math.min(limits.batchLines, from - this.#next));
      if (lines.length === 0) break;
      this.#next += lines.length;
    }
    this.#next = Math.max(this.#next, from);
    const fresh = Object.fromEntries(renewed.map((name) => [name, beginning]));
    this.#journalTurn(this.#turn, { ...this.#positions(), ...fresh });
    for (const name of renewed) this.#journal.logs.delete(name);
    this.#seek(from);
  }

  /** Goes back to the last checkpoint at or before a line. */
  #seek(line: number): void {
    const { checkpoints } = this.#journal;
    this.#index = Math.max(
      0,
      checkpoints.findLastIndex((checkpoint) => checkpoint.line <= line),
    );
    this.#stand(checkpoints[this.#index] ?? firstCheckpoint(this.#names));
  }

  #stand(checkpoint: Checkpoint): void {
    for (const output of this.#outputs.values()) output.close();
    const open = (name: string) =>
      new ContainerOutput(this.#volume, name, checkpoint.at[name] as Position, (type) =>
        this.#bounds.of(name, type),
      );
    this.#outputs = new Map(this.#names.map((name) => [name, open(name)]));
    this.#turn = checkpoint.turn;
    this.#next = checkpoint.line;
    this.#last = null;
  }

  /** Reads one turn. Null when there is nothing more to read now. */
  #read(): readonly OutputLine[] | null {
    const following = this.#journal.checkpoints[this.#index + 1];
    return following === undefined ? this.#readOn() : this.#readAgain(following);
  }

  /** Repeats what the journal says, up to the next checkpoint. */
  #readAgain(following: Checkpoint): readonly OutputLine[] {
    const left = following.line - this.#next;
    if (left <= 0) {
      this.#index += 1;
      this.#stand(following);
      return [];
    }
    const until = following.at[this.#turn] as Position;
    const { lines } = this.#outputOf(this.#turn).read(turn(until, until.done, left));
    if (lines.length > 0) return lines.slice(0, left);
    // None only if somebody changed the files, or the journal. The numbers of what was delivered hold all the same.
    if (this.#next < this.#wanted) return lostLines(Math.min(left, this.#wanted - this.#next));
    this.#passOver(following);
    return [];
  }

  /** Goes on here, as if the checkpoint stood here; only a log that began anew is read from there on. */
  #passOver({ turn, at }: Checkpoint): void {
    const here = this.#positions();
    const anew = Object.entries(at).filter(([name, { timeline }]) => timeline < (here[name]?.timeline ?? 0));
    const checkpoint = { line: this.#next, turn, at: { ...here, ...Object.fromEntries(anew) } };
    this.#journal.replaceAfter(this.#index++, checkpoint);
    this.#stand(checkpoint);
  }

  /** Reads what is new, from the container whose turn it is, else from the others. */
  #readOn(): readonly OutputLine[] | null {
    const start = this.#names.indexOf(this.#turn);
    const order = [...this.#names.slice(start), ...this.#names.slice(0, start)];
    for (const name of order) {
      const before = this.#positions();
      const { lines } = this.#readFrom(name, limits.batchLines);
      if (lines.length === 0) continue;
      this.#journalLog(name);
      const due = this.#next - (this.#journal.checkpoints.at(-1)?.line ?? 1) >= limits.checkpointLines;
      if (name !== this.#turn || due) this.#journalTurn(name, before);
      return lines;
    }
    return null;
  }

  #journalTurn(name: string, at: Readonly<Record<string, Position>>): void {
    this.#journal.append({ line: this.#next, turn: name, at });
    this.#index = this.#journal.checkpoints.length - 1;
    this.#turn = name;
  }

  /** Once for each run of a container, before its first line is delivered. */
  #journalLog(name: string): void {
    if (this.#journal.logs.has(name)) return;
    const log = this.#outputOf(name).identity;
    if (log !== null) this.#journal.appendLog(name, log);
  }

  #readFrom(name: string, lines: number) {
    return this.#outputOf(name).read(turn(null, this.#hasEnded(name), lines));
  }

  #positions(): Readonly<Record<string, Position>> {
    return Object.fromEntries([...this.#outputs].map(([name, output]) => [name, output.position]));
  }

  #outputOf(name: string): ContainerOutput {
    return this.#outputs.get(name) as ContainerOutput;
  }
}

function turn(until: Position | null, ended: boolean, lines: number) {
  return { lines: Math.min(lines, limits.batchLines), bytes: limits.batchBytes, until, ended };
}
