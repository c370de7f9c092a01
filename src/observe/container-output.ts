import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';
import { LinePacker, type OutputLine } from './line-packer.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Position, Turn, TurnRead } from './output-position.ts';
import type { StreamBound } from './stream-bounds.ts';
import { StreamReader } from './stream-reader.ts';
import { TimelineCursor } from './timeline-cursor.ts';
import type { Piece } from './timeline-reader.ts';

const unbounded: StreamBound = { bytes: Number.POSITIVE_INFINITY, isCounted: true };

/** Merges one container's stdout and stderr into rows of lines, in order of arrival. */
export class ContainerOutput {
  readonly #volume: Volume;
  readonly #directory: string;
  readonly #bound: (type: OutputLine['type']) => StreamBound;
  readonly #streams: {
    readonly [type in OutputLine['type']]: { reader: StreamReader; splitter: LineSplitter };
  };
  readonly #timeline: TimelineCursor;
  #done: boolean;
  #lines: OutputLine[] = [];
  #bytes = 0;
  readonly #packer: LinePacker;

  /** @param containers how many the job has @param bound how much of each stream is read */
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
    this.#done = position.done;
    this.#packer = new LinePacker(containers, position.pace, (row) => this.#lines.push(row));
    this.#streams = { stdout: this.#stream('stdout', position), stderr: this.#stream('stderr', position) };
    // Open all files of one run together: after a restart, a file opened later would belong to the next run.
    this.#timeline = new TimelineCursor(volume, `${this.#directory}/timeline`, position, () => {
      this.#streams.stdout.reader.open();
      this.#streams.stderr.reader.open();
    });
  }

  get position(): Position {
    const { stdout, stderr } = this.#streams;
    const at = ({ reader, splitter }: typeof stdout, packed: number) =>
      [reader.offset, reader.offset - splitter.pendingBytes - packed] as const;
    return {
      ...this.#timeline.position,
      stdout: at(stdout, this.#packer.pendingBytes('stdout')),
      stderr: at(stderr, this.#packer.pendingBytes('stderr')),
      pace: this.#packer.pace,
      done: this.#done,
    };
  }

  /**
   * Distinguishes this log from that of another run of the container: the first line of its timeline, with its time.
   * Empty if there is no such line yet, null if there is no timeline.
   */
  get identity(): string | null {
    return this.#timeline.firstLine;
  }

  /** When the first line of an unfinished row arrived (`performance.now()`); null if there is no such line. */
  get pendingSince(): number | null {
    return this.#packer.pendingSince;
  }

  /** Finishes the unfinished row, if there is one, at this position. */
  cut(): readonly OutputLine[] {
    this.#lines = [];
    this.#packer.flush();
    return this.#lines;
  }

  /** Continues reading; returns the rows that were completed. */
  read(turn: Turn): TurnRead {
    this.#lines = [];
    this.#bytes = 0;
    let exhausted = false;
    while (!this.#isOver(turn) && !this.#timeline.isAt(turn.until) && !exhausted) {
      const { piece } = this.#timeline;
      if (piece === null) {
        exhausted = true;
      } else {
        const wanted = Math.min(limits.takeBytes, this.#timeline.leftOf(piece, turn.until));
        const taken = this.#take(piece, wanted);
        // The stream is shorter than the timeline says: the rest may appear later, or is read once the job has exited.
        exhausted = taken === 0;
      }
    }
    if (exhausted && turn.ended && !this.#done) exhausted = !this.#readRest(turn);
    return { lines: this.#lines, bytes: this.#bytes, exhausted };
  }

  close(): void {
    this.#streams.stdout.reader.close();
    this.#streams.stderr.reader.close();
    this.#timeline.close();
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

  /** Takes bytes of a piece. @returns how many there were */
  #take(piece: Piece, wanted: number): number {
    const { reader, splitter } = this.#streams[piece.stream];
    this.#packer.at(piece.time);
    const bytes = reader.take(wanted);
    splitter.push(bytes);
    this.#bytes += bytes.length;
    this.#timeline.take(piece, bytes.length);
    return bytes.length;
  }

  /** Reads what the timeline does not describe: left by a wrapper that died, or written by the job itself. */
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
