import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import type { Volume } from '../../contract/volume.ts';
import { ContainerOutput } from '../../observe/container-output.ts';
import type { OutputLine } from '../../observe/line-packer.ts';
import { beginning } from '../../observe/output-position.ts';
import { Journal } from './journal.ts';
import { logFiles } from './log-files.ts';
import { MergedOutput } from './merged-output.ts';
import type { OutputLogOptions } from './output-log-options.ts';

/** Rows of the job's output, in order; the first one has number `first` (counting from 1). */
export interface Batch {
  readonly first: number;
  readonly lines: readonly OutputLine[];
}

/**
 * The output of all of the job's main containers as one numbered sequence of rows. The numbers are the same in every
 * process that reads it: within a container they follow its timeline, between containers the journal.
 */
export class OutputLog {
  readonly #volume: Volume;
  readonly #names: readonly string[];
  readonly #options: OutputLogOptions;
  readonly #journal: Journal;
  readonly #merged: MergedOutput;
  #last: Batch | null = null;
  /** Containers that were started again since an earlier process delivered lines of theirs; null until it is known. */
  #renewed: readonly string[] | null = null;
  #isFull = false;

  constructor(volume: Volume, names: readonly string[], options: OutputLogOptions) {
    this.#volume = volume;
    this.#names = names;
    this.#options = options;
    this.#journal = new Journal(options.home, names, (name) => logFiles(volume, name));
    this.#merged = new MergedOutput(volume, names, this.#journal, options);
  }

  /**
   * @param from the number of the first row that is wanted
   * @returns a batch that starts there, or null when there is no such row yet
   */
  batch(from: number): Batch | null {
    if (this.#last?.first === from) return this.#last;
    if (this.#renewed === null) {
      // Nobody delivers a row before it has said whose it is: what is said of rows far beyond is forged.
      this.#merged.forgetBeyond(from + limits.checkpointLines);
      this.#findRenewed(from);
    }
    if (this.#isFull) return null;
    if (from < this.#merged.next) this.#merged.seek(from);
    const lines: OutputLine[] = [];
    for (let size = 0; lines.length < limits.batchLines && size < limits.batchBytes; ) {
      const before = this.#merged.next;
      const read = this.#merged.read(from);
      if (read === null) break;
      for (const line of read.slice(Math.max(0, from - before))) {
        lines.push(line);
        size += line.line.length;
      }
    }
    const { laterMs } = this.#merged;
    if (laterMs !== null) this.#options.later(laterMs);
    const within = lines.slice(0, Math.max(0, this.#options.rows - from + 1));
    if (within.length < lines.length) this.#fill();
    if (within.length === 0) return null;
    this.#last = { first: from, lines: within };
    return this.#last;
  }

  /** How many bytes of a container's stream have been read. */
  bytesRead(name: string, stream: OutputLine['type']): number | null {
    return this.#merged.bytesRead(name, stream);
  }

  close(): void {
    this.#merged.close();
    this.#journal.close();
  }

  /** Sentences about what was not read, and may never be. */
  get complaints(): readonly string[] {
    const again = (name: string) => `Container ${name} was started again on the same volume`;
    const before = (name: string) => `${again(name)}: output from before that was not stored yet is gone`;
    const since = (name: string) => `${again(name)}: its output since is not stored yet`;
    return [
      ...(this.#isFull ? [this.#fullSentence] : []),
      ...(this.#renewed ?? []).map(before),
      ...this.#renewedNow().map(since),
      ...this.#options.streams.complaints(this.#volume, this.#names),
    ];
  }

  get #fullSentence(): string {
    return `The output takes more than the ${this.#options.rows} rows that a job may have: what follows is not stored; set EMISSARY_OUTPUT_ROWS for more`;
  }

  #fill(): void {
    if (!this.#isFull) log(this.#fullSentence);
    this.#isFull = true;
  }

  /** Containers whose log is another one now than that whose lines were delivered. */
  #renewedNow(): readonly string[] {
    return this.#names.filter((name) => {
      const delivered = this.#journal.logs.get(name);
      if (delivered === undefined) return false;
      const output = new ContainerOutput(this.#volume, name, beginning, 1);
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
    if (renewed.length > 0) this.#merged.beginAnew(from, renewed);
    this.#renewed = renewed;
  }
}
