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

/** Consecutive rows of the job's output; the first one has number `first` (counting from 1). */
export interface Batch {
  readonly first: number;
  readonly lines: readonly OutputLine[];
}

/**
 * The output of all main containers of the job as one numbered sequence of rows. The numbers are the same in every process
 * that reads it: within a container they follow its timeline, between containers the journal.
 */
export class OutputLog {
  readonly #volume: Volume;
  readonly #names: readonly string[];
  readonly #options: OutputLogOptions;
  readonly #journal: Journal;
  #merged: MergedOutput;
  #last: Batch | null = null;
  /** Containers that were restarted since an earlier process delivered lines of theirs; null until it is known. */
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
   * @param from the number of the first row to return
   * @returns a batch that starts there, or null if there is no such row yet
   */
  batch(from: number): Batch | null {
    if (this.#last?.first === from) return this.#last;
    if (this.#renewed === null) {
      // The journal entry comes before the delivery of its rows, so entries about rows far beyond are forged.
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

  /** To be called when a container that was given up has written more: what was its end is not. */
  readOn(): void {
    this.#merged.close();
    this.#merged = new MergedOutput(this.#volume, this.#names, this.#journal, this.#options);
    this.#last = null;
  }

  /** How many bytes of a container's stream have been read. */
  bytesRead(name: string, stream: OutputLine['type']): number | null {
    return this.#merged.bytesRead(name, stream);
  }

  close(): void {
    this.#merged.close();
    this.#journal.close();
  }

  /** Sentences about output that was not read, and may never be. */
  get complaints(): readonly string[] {
    const restarted = (name: string) => `Container ${name} was restarted on the same volume`;
    const before = (name: string) => `${restarted(name)}: earlier output that was not stored yet is lost`;
    const since = (name: string) => `${restarted(name)}: its output since then is not stored yet`;
    return [
      ...(this.#isFull ? [this.#fullSentence] : []),
      ...(this.#renewed ?? []).map(before),
      ...this.#renewedNow().map(since),
      ...this.#options.streams.complaints(this.#volume, this.#names),
    ];
  }

  get #fullSentence(): string {
    return `The output exceeds the limit of ${this.#options.rows} rows: the rest is not stored; set EMISSARY_OUTPUT_ROWS for more`;
  }

  #fill(): void {
    if (!this.#isFull) log(this.#fullSentence);
    this.#isFull = true;
  }

  /** Containers whose current log is not the one whose lines were delivered. */
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
    if (renewed.length > 0) this.#merged.restart(from, renewed);
    this.#renewed = renewed;
  }
}
