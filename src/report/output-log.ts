import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';
import { ContainerOutput, type OutputLine, type Position } from './container-output.ts';
import { type Checkpoint, firstCheckpoint, Journal } from './journal.ts';

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
  #outputs = new Map<string, ContainerOutput>();
  /** The checkpoint that reading stands behind. */
  #index = 0;
  #turn: string;
  #next = 1;
  #last: Batch | null = null;

  /** @param hasEnded whether a container is sealed or lost, so that its output is complete */
  constructor(volume: Volume, names: readonly string[], hasEnded: (name: string) => boolean) {
    this.#volume = volume;
    this.#names = names;
    this.#hasEnded = hasEnded;
    this.#journal = new Journal(volume, names);
    this.#turn = names[0] ?? 'main';
    this.#seek(1);
  }

  /**
   * @param from the number of the first line that is wanted
   * @returns a batch that starts there, or null when there is no such line yet
   */
  batch(from: number): Batch | null {
    if (this.#last?.first === from) return this.#last;
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
    const open = (name: string) => new ContainerOutput(this.#volume, name, checkpoint.at[name] as Position);
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
    // None only if somebody changed the files meanwhile; the journal's numbers hold all the same.
    return lines.length > 0 ? lines.slice(0, left) : lost(left);
  }

  /** Reads what is new, from the container whose turn it is, else from the others. */
  #readOn(): readonly OutputLine[] | null {
    const start = this.#names.indexOf(this.#turn);
    const order = [...this.#names.slice(start), ...this.#names.slice(0, start)];
    for (const name of order) {
      const before = this.#positions();
      const { lines } = this.#outputOf(name).read(turn(null, this.#hasEnded(name), limits.batchLines));
      if (lines.length === 0) continue;
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

function lost(count: number): readonly OutputLine[] {
  return Array.from({ length: Math.min(count, limits.batchLines) }, () => ({ type: 'stderr', line: '' }));
}
