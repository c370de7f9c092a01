import { limits } from '../base/limits.ts';

/** One row of the job's output, in MultiFlexi's terms: a line, or several packed lines of one stream. */
export interface OutputLine {
  readonly type: 'stdout' | 'stderr';
  readonly line: string;
}

/** The packing state besides the lines themselves. */
export interface Pace {
  /** The slot of time of the last line; -1 before the first. */
  readonly slot: number;
  /** How many more lines may have a row of their own. */
  readonly light: number;
  /** How many rows have been made so far. */
  readonly rows: number;
}

/** An unfinished row. */
interface Pack {
  text: string;
  /** Bytes of the text. */
  size: number;
  /** Bytes that it takes in the stream. */
  bytes: number;
}

type Stream = OutputLine['type'];

/**
 * Packs one container's lines into rows: one line per row while the output is light, otherwise consecutive lines of one
 * stream together. Where a row ends depends only on the lines and their times in the timeline (src/report/sql/README.md, "Rows").
 */
export class LinePacker {
  readonly #emit: (row: OutputLine) => void;
  readonly #packs: { readonly [type in Stream]: Pack } = { stdout: emptyPack(), stderr: emptyPack() };
  readonly #share: number;
  #slot: number;
  #light: number;
  #rows: number;
  #pendingSince = 0;

  /** @param containers how many containers share the job's limits */
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

  /** Bytes of a stream that are in an unfinished row. */
  pendingBytes(type: Stream): number {
    return this.#packs[type].bytes;
  }

  /** When the first pending line was added (ms of a monotonic clock); null if none is pending. */
  get pendingSince(): number | null {
    return this.pendingBytes('stdout') + this.pendingBytes('stderr') > 0 ? this.#pendingSince : null;
  }

  /** Sets the arrival time of the lines that follow, ms since 1970. */
  at(time: number): void {
    const slot = Math.floor(time / limits.slotMs);
    if (slot === this.#slot) return;
    const span = this.#isLong ? limits.longSlots : 1;
    if (Math.floor(slot / span) !== Math.floor(this.#slot / span)) this.flush();
    const quiet = this.#slot === -1 ? 0 : Math.max(0, slot - this.#slot - 1);
    this.#light = Math.min(this.#mostLight, this.#light + quiet);
    this.#slot = slot;
  }

  /** @param bytes that the line takes in the stream; 0 if that cannot be determined */
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

  /** Restores lines that an earlier process had added to an unfinished row. */
  restore(type: Stream, line: string, bytes: number): void {
    this.#append(type, line, bytes);
  }

  /** Finishes the unfinished rows. */
  flush(): void {
    this.#finish('stdout');
    this.#finish('stderr');
  }

  /** There are so many rows that only the necessary ones are added. */
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
