import { closeSync, readSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';
import { LinePacker, type OutputLine } from './line-packer.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Position, Turn, TurnRead } from './output-position.ts';
import type { StreamBound } from './stream-bounds.ts';
import { StreamReader } from './stream-reader.ts';
import { type Piece, TimelineReader } from './timeline-reader.ts';

const unbounded: StreamBound = { bytes: Number.POSITIVE_INFINITY, isCounted: true };

/** Merges one container's stdout and stderr into rows of lines, in order of arrival. */
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
  #bytes = 0;
  readonly #packer: LinePacker;

  /** @param containers how many the job has @param bound how much of each stream is taken */
  constructor(
    volume: Volume,
    name: string,
    position: Position,
    containers: number,
    bound: (type: OutputLine['type']) => StreamBound = () => unbounded,
  ) {
    this.#volume = volume;
    this.#bound = bound;
    this.#directory = `ctr/${name}`;
    this.#offset = position.timeline;
    this.#taken = position.taken;
    this.#done = position.done;
    this.#packer = new LinePacker(containers, position.pace, (row) => this.#lines.push(row));
    this.#streams = { stdout: this.#stream('stdout', position), stderr: this.#stream('stderr', position) };
  }

  get position(): Position {
    const { stdout, stderr } = this.#streams;
    const at = ({ reader, splitter }: typeof stdout, packed: number) =>
      [reader.offset, reader.offset - splitter.pendingBytes - packed] as const;
    return {
      timeline: this.#offset,
      taken: this.#taken,
      stdout: at(stdout, this.#packer.pendingBytes('stdout')),
      stderr: at(stderr, this.#packer.pendingBytes('stderr')),
      pace: this.#packer.pace,
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

  /** When the first line came that waits for its row to be finished (`performance.now()`); null when none does. */
  get pendingSince(): number | null {
    return this.#packer.pendingSince;
  }

  /** Finishes the row that is not, if there is one, at this position. */
  cut(): readonly OutputLine[] {
    this.#lines = [];
    this.#packer.flush();
    return this.#lines;
  }

  /** Reads on; gives the rows that were completed. */
  read(turn: Turn): TurnRead {
    this.#lines = [];
    this.#bytes = 0;
    let exhausted = false;
    while (!this.#isOver(turn) && !this.#isAt(turn.until) && !exhausted) {
      const piece = this.#currentPiece();
      if (piece === null) {
        exhausted = true;
      } else {
        const wanted = Math.min(piece.bytes - this.#taken, limits.takeBytes, this.#untilTaken(turn.until));
        const taken = this.#take(piece, wanted);
        // The stream is shorter than the timeline says: more may be seen of it later, and at the end all that there is.
        exhausted = taken === 0;
      }
    }
    if (exhausted && turn.ended && !this.#done) exhausted = !this.#readRest(turn);
    return { lines: this.#lines, bytes: this.#bytes, exhausted };
  }

  close(): void {
    this.#streams.stdout.reader.close();
    this.#streams.stderr.reader.close();
    if (this.#timelineFile !== null) closeSync(this.#timelineFile);
    this.#timelineFile = null;
    this.#timeline = null;
  }

  #stream(type: OutputLine['type'], position: Position) {
    const [next, row] = position[type];
    const reader = new StreamReader(this.#volume, `${this.#directory}/${type}`, row, () => this.#bound(type));
    let isNew = false;
    const splitter = new LineSplitter((text, bytes) => {
      if (isNew) this.#packer.add(type, text, bytes);
      else this.#packer.restore(type, text, bytes);
    });
    while (reader.offset < next) {
      const bytes = reader.take(next - reader.offset);
      if (bytes.length === 0) break;
      splitter.push(bytes);
    }
    isNew = true;
    return { reader, splitter };
  }

  #isOver(turn: Turn): boolean {
    return this.#lines.length >= turn.lines || this.#bytes >= turn.bytes;
  }

  #isAt(until: Position | null): boolean {
    return until !== null && this.#offset >= until.timeline && this.#taken >= until.taken;
  }

  #untilTaken(until: Position | null): number {
    const last = until !== null && this.#offset === until.timeline;
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
    this.#packer.at(piece.time);
    const bytes = reader.take(wanted);
    splitter.push(bytes);
    this.#taken += bytes.length;
    this.#bytes += bytes.length;
    if (this.#taken >= piece.bytes) {
      this.#offset = piece.next;
      this.#taken = 0;
      this.#piece = null;
    }
    return bytes.length;
  }

  /** What the timeline does not describe: left by a wrapper that died, or by a job that wrote there itself. */
  #readRest(turn: Turn): boolean {
    for (const { reader, splitter } of [this.#streams.stdout, this.#streams.stderr]) {
      for (;;) {
        if (this.#isOver(turn)) return true;
        const rest = reader.take(limits.takeBytes);
        if (rest.length === 0) break;
        splitter.push(rest);
        this.#bytes += rest.length;
      }
    }
    this.#streams.stdout.splitter.end();
    this.#streams.stderr.splitter.end();
    this.#packer.flush();
    this.#done = true;
    return true;
  }
}
