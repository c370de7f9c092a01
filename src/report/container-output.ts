import { closeSync, readSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';
import { type Piece, TimelineReader } from './read-timeline.ts';
import { LineSplitter } from './split-lines.ts';
import type { StreamBound } from './stream-bounds.ts';
import { StreamReader } from './stream-reader.ts';

/** One line of the job's output, in MultiFlexi's terms. */
export interface OutputLine {
  readonly type: 'stdout' | 'stderr';
  readonly line: string;
}

/**
 * How far one container's output has been read, so that reading can go on from there in another process: an offset in
 * the timeline, bytes of its next piece that were taken already, and of each stream the offset of the next byte and of
 * the first byte of the line that is not finished.
 */
export interface Position {
  readonly timeline: number;
  readonly taken: number;
  readonly stdout: readonly [next: number, line: number];
  readonly stderr: readonly [next: number, line: number];
  /** The container has ended and everything was read. */
  readonly done: boolean;
}

/** The position before the first byte. */
export const beginning: Position = { timeline: 0, taken: 0, stdout: [0, 0], stderr: [0, 0], done: false };

const unbounded: StreamBound = { bytes: Number.POSITIVE_INFINITY, isCounted: true };

/** Where a turn ends: when so many lines or bytes were read, or at this position. */
export interface Turn {
  readonly lines: number;
  readonly bytes: number;
  readonly until: Position | null;
  /** The container has ended: what follows the timeline, and lines without a newline, are output too. */
  readonly ended: boolean;
}

/** Merges one container's stdout and stderr into lines, in order of arrival. */
export class ContainerOutput {
  readonly #volume: Volume;
  readonly #directory: string;
  readonly #bound: (type: OutputLine['type']) => StreamBound;
  readonly #streams: {
    readonly [type in OutputLine['type']]: { reader: StreamReader; splitter: LineSplitter };
  };
  #timelineFile: number | null = null;
  #timeline: TimelineReader | null = null;
  #offset: number;
  #piece: Piece | null = null;
  #taken: number;
  #done: boolean;
  #lines: OutputLine[] = [];

  /** @param bound how much of each stream is taken */
  constructor(
    volume: Volume,
    name: string,
    position: Position,
    bound: (type: OutputLine['type']) => StreamBound = () => unbounded,
  ) {
    this.#volume = volume;
    this.#bound = bound;
    this.#directory = `ctr/${name}`;
    this.#offset = position.timeline;
    this.#taken = position.taken;
    this.#done = position.done;
    this.#streams = { stdout: this.#stream('stdout', position), stderr: this.#stream('stderr', position) };
  }

  get position(): Position {
    const { stdout, stderr } = this.#streams;
    const at = ({ reader, splitter }: typeof stdout) =>
      [reader.offset, reader.offset - splitter.pendingBytes] as const;
    return {
      timeline: this.#offset,
      taken: this.#taken,
      stdout: at(stdout),
      stderr: at(stderr),
      done: this.#done,
    };
  }

  /**
   * What tells this log from that of another run of the container: the first line of its timeline, which has the time.
   * Empty when there is no such line yet, null when there is no timeline.
   */
  get identity(): string | null {
    this.#timeline ??= this.#openTimeline();
    if (this.#timelineFile === null) return null;
    const head = Buffer.alloc(limits.timelineLineBytes);
    const text = head.toString('latin1', 0, readSync(this.#timelineFile, head, 0, head.length, 0));
    return text.slice(0, Math.max(0, text.indexOf('\n')));
  }

  /** Reads on; gives the lines that were completed. The turn ended early when `exhausted`. */
  read(turn: Turn): { readonly lines: readonly OutputLine[]; readonly exhausted: boolean } {
    this.#lines = [];
    let bytes = 0;
    let exhausted = false;
    while (this.#lines.length < turn.lines && bytes < turn.bytes && !this.#isAt(turn.until) && !exhausted) {
      const piece = this.#currentPiece();
      if (piece === null) {
        exhausted = true;
      } else {
        const wanted = Math.min(piece.bytes - this.#taken, limits.takeBytes, this.#untilTaken(turn.until));
        const taken = this.#take(piece, wanted);
        // The stream is shorter than the timeline says: more may be seen of it later, and at the end all that there is.
        exhausted = taken === 0;
        bytes += taken;
      }
    }
    if (exhausted && turn.ended && !this.#done) exhausted = !this.#readRest(turn, bytes);
    return { lines: this.#lines, exhausted };
  }

  close(): void {
    this.#streams.stdout.reader.close();
    this.#streams.stderr.reader.close();
    if (this.#timelineFile !== null) closeSync(this.#timelineFile);
    this.#timelineFile = null;
    this.#timeline = null;
  }

  #stream(type: OutputLine['type'], position: Position) {
    const [next, line] = position[type];
    const reader = new StreamReader(this.#volume, `${this.#directory}/${type}`, line, () =>
      this.#bound(type),
    );
    const splitter = new LineSplitter((text) => this.#lines.push({ type, line: text }));
    while (reader.offset < next) {
      const bytes = reader.take(next - reader.offset);
      if (bytes.length === 0) break;
      splitter.push(bytes);
    }
    return { reader, splitter };
  }

  #isAt(until: Position | null): boolean {
    return until !== null && this.#offset >= until.timeline && this.#taken >= until.taken && !until.done;
  }

  #untilTaken(until: Position | null): number {
    const last = until !== null && !until.done && this.#offset === until.timeline;
    return last ? until.taken - this.#taken : Number.POSITIVE_INFINITY;
  }

  #currentPiece(): Piece | null {
    if (this.#piece !== null) return this.#piece;
    this.#timeline ??= this.#openTimeline();
    const piece = this.#timeline?.next() ?? null;
    // Garbage ends the order of arrival; the streams themselves are read when the container has ended.
    this.#piece = piece === 'garbage' ? null : piece;
    return this.#piece;
  }

  #openTimeline(): TimelineReader | null {
    const opened = this.#volume.openFile(`${this.#directory}/timeline`);
    if ('kind' in opened) return null;
    this.#timelineFile = opened.descriptor;
    // All of one run: where the container is started again, what nobody has opened yet would be the next one's.
    this.#streams.stdout.reader.open();
    this.#streams.stderr.reader.open();
    return new TimelineReader(opened.descriptor, this.#offset);
  }

  /** Takes bytes of a piece, and goes on to the next one when it is used up. */
  #take(piece: Piece, wanted: number): number {
    const { reader, splitter } = this.#streams[piece.stream];
    const bytes = reader.take(wanted);
    splitter.push(bytes);
    this.#taken += bytes.length;
    if (this.#taken >= piece.bytes) {
      this.#offset = piece.next;
      this.#taken = 0;
      this.#piece = null;
    }
    return bytes.length;
  }

  /** What the timeline does not describe: left by a wrapper that died, or by a job that wrote there itself. */
  #readRest(turn: Turn, already: number): boolean {
    let bytes = already;
    for (const { reader, splitter } of [this.#streams.stdout, this.#streams.stderr]) {
      for (;;) {
        if (this.#lines.length >= turn.lines || bytes >= turn.bytes) return true;
        const rest = reader.take(limits.takeBytes);
        if (rest.length === 0) break;
        splitter.push(rest);
        bytes += rest.length;
      }
    }
    this.#streams.stdout.splitter.end();
    this.#streams.stderr.splitter.end();
    this.#done = true;
    return true;
  }
}
