import { limits } from '../base/limits.ts';

/** One row of the job's output, in MultiFlexi's terms: a line, or several of one stream that were packed. */
export interface OutputLine {
  readonly type: 'stdout' | 'stderr';
  readonly line: string;
}

/** What packing depends on beside the lines themselves. */
export interface Pace {
  /** The slot of time of the last line; -1 before the first. */
  readonly slot: number;
  /** How many lines may have a row of their own now. */
  readonly light: number;
  /** How many rows there are so far. */
  readonly rows: number;
}

/** A row that is not finished. */
interface Pack {
  text: string;
  /** Bytes of the text. */
  size: number;
  /** Bytes that it has in the stream. */
  bytes: number;
}

type Stream = OutputLine['type'];

/**
 * Makes rows of one container's lines: a line a row while the output is light, else consecutive lines of one stream
 * together. Where a row ends depends on the lines and on their times in the timeline alone ("Rows" in
 * src/report/sql/README.md).
 */
export class LinePacker {
  readonly #emit: (row: OutputLine) => void;
  readonly #packs: { readonly [type in Stream]: Pack } = { stdout: emptyPack(), stderr: emptyPack() };
  readonly #share: number;
  #slot: number;
  #light: number;
  #rows: number;
  #pendingSince = 0;

  /** @param containers of the job, which share what a job may have */
  constructor(containers: number, pace: Pace | null, emit: (row: OutputLine) => void) {
    this.#share = 1 / containers;
    this.#slot = pace?.slot ?? -1;
    this.#light = pace?.light ?? this.#mostLight;
    this.#rows = pace?.rows ?? 0;
    this.#emit = emit;
  }

  get pace(): Pace {
    return { slot: this.#slot, light: this.#light, rows: this.#rows };
  }

  /** Bytes of a stream that are in a row that is not finished. */
  pendingBytes(type: Stream): number {
    return this.#packs[type].bytes;
  }

  /** When the first of the lines that wait was added, ms of a clock that only goes forward; null when none does. */
  get pendingSince(): number | null {
    return this.pendingBytes('stdout') + this.pendingBytes('stderr') > 0 ? this.#pendingSince : null;
  }

  /** The lines that follow came at this time, ms since 1970. */
  at(time: number): void {
    const slot = Math.floor(time / limits.slotMs);
    if (slot === this.#slot) return;
    const span = this.#isLong ? limits.longSlots : 1;
    if (Math.floor(slot / span) !== Math.floor(this.#slot / span)) this.flush();
    const quiet = this.#slot === -1 ? 0 : Math.max(0, slot - this.#slot - 1);
    this.#light = Math.min(this.#mostLight, this.#light + quiet);
    this.#slot = slot;
  }

  /** @param bytes that the line has in the stream; 0 where that cannot be told */
  add(type: Stream, line: string, bytes: number): void {
    if (bytes === 0 || (this.#light > 0 && !this.#isLong)) {
      if (bytes > 0) this.#light -= 1;
      this.flush();
      this.#give(type, line);
      return;
    }
    if (!this.#isLong) this.#finish(type === 'stdout' ? 'stderr' : 'stdout');
    this.#append(type, line, bytes);
  }

  /** Takes lines that were added before, by another process, to a row that is not finished. */
  restore(type: Stream, line: string, bytes: number): void {
    this.#append(type, line, bytes);
  }

  /** Finishes the rows that are not. */
  flush(): void {
    this.#finish('stdout');
    this.#finish('stderr');
  }

  /** So many rows that no more of them are made than must be. */
  get #isLong(): boolean {
    return this.#rows >= limits.liveRows * this.#share;
  }

  get #mostLight(): number {
    return Math.ceil(limits.ownRows * this.#share);
  }

  #append(type: Stream, line: string, bytes: number): void {
    const pack = this.#packs[type];
    const size = Buffer.byteLength(line);
    if (pack.size + size > limits.lineBytes) this.#finish(type);
    if (this.pendingSince === null) this.#pendingSince = performance.now();
    pack.text += line;
    pack.size += size;
    pack.bytes += bytes;
  }

  #finish(type: Stream): void {
    const pack = this.#packs[type];
    if (pack.bytes === 0) return;
    this.#give(type, pack.text);
    Object.assign(pack, emptyPack());
  }

  #give(type: Stream, line: string): void {
    this.#rows += 1;
    this.#emit({ type, line });
  }
}

function emptyPack(): Pack {
  return { text: '', size: 0, bytes: 0 };
}
