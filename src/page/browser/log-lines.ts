import { GrowingBytes } from './growing-bytes.ts';
import { type Span, StreamLines } from './stream-lines.ts';

/** The two streams of a container. */
export type StreamName = 'stdout' | 'stderr';

/** The files of a container's log. */
export type LogFile = StreamName | 'timeline';

/** One line of a log. */
export interface LogLine {
  readonly stream: StreamName;
  /** ms since 1970, of its last piece; 0: unknown. */
  readonly time: number;
  /** As the job has written it, without its newline; bytes that are not UTF-8 are U+FFFD. */
  readonly text: string;
}

/** Work between two looks at what else the browser has to do, in pieces or lines. */
const sliceSteps = 100_000;
/** How much room the table of lines has at first. */
const firstLines = 4_096;

/** The lines of both streams, in order of their ends: an index into the bytes, so that millions fit into memory. */
export class LogLines {
  readonly #timeline: GrowingBytes;
  readonly #streams: Readonly<
    Record<StreamName, { readonly bytes: GrowingBytes; readonly lines: StreamLines }>
  >;
  #timelineRead = 0;
  #starts = new Float64Array(firstLines);
  #ends = new Float64Array(firstLines);
  #times = new Float64Array(firstLines);
  #isError = new Uint8Array(firstLines);
  #count = 0;
  readonly #decoder = new TextDecoder();

  /** @param expected how many bytes there will be of each file, if that is known */
  constructor(expected: (file: LogFile) => number) {
    const stream = (name: StreamName) => {
      const bytes = new GrowingBytes(expected(name));
      return { bytes, lines: new StreamLines(bytes) };
    };
    this.#timeline = new GrowingBytes(expected('timeline'));
    this.#streams = { stdout: stream('stdout'), stderr: stream('stderr') };
  }

  /** One of its files, which may become longer. A stream first, then its timeline. */
  file(name: LogFile): GrowingBytes {
    return name === 'timeline' ? this.#timeline : this.#streams[name].bytes;
  }

  get count(): number {
    return this.#count;
  }

  /** The bytes of a stream, exactly as the job has written them. */
  bytesOf(stream: StreamName): Uint8Array {
    return this.#streams[stream].bytes.part(0);
  }

  streamOf(line: number): StreamName {
    return this.#isError[line] === 1 ? 'stderr' : 'stdout';
  }

  /** ms since 1970; 0: unknown. */
  timeOf(line: number): number {
    return this.#times[line] ?? 0;
  }

  /**
   * Lines that stand one behind the other in one stream, as one text.
   *
   * @param bytes about how many, at most
   * @returns the number of the line after them, and their text: one line for each, with newlines between them
   */
  block(first: number, bytes: number): { readonly next: number; readonly text: string } {
    const isError = this.#isError[first];
    const start = this.#starts[first] ?? 0;
    let next = first + 1;
    while (next < this.#count && this.#isError[next] === isError && (this.#ends[next] ?? 0) - start < bytes)
      next += 1;
    const whole = this.#streams[this.streamOf(first)].bytes.part(start, this.#ends[next - 1]);
    return { next, text: this.#decoder.decode(whole) };
  }

  line(index: number): LogLine {
    const stream = this.streamOf(index);
    const bytes = this.#streams[stream].bytes.part(this.#starts[index] ?? 0, this.#ends[index]);
    return { stream, time: this.#times[index] ?? 0, text: this.#decoder.decode(bytes) };
  }

  /**
   * Finds the lines that have come since the last time; calls `advanced` whenever more of them are there.
   *
   * @param isWhole whether nothing comes after them
   */
  async index(isWhole: boolean, advanced: () => void): Promise<void> {
    let steps = 0;
    const pause = async () => {
      steps += 1;
      if (steps % sliceSteps !== 0) return;
      advanced();
      await new Promise((resolve) => setTimeout(resolve));
    };
    const take = async (name: StreamName, limit: number, time: number) => {
      const { lines } = this.#streams[name];
      for (let line = lines.next(limit); line !== null; line = lines.next(limit)) {
        this.#add(name, line, time);
        await pause();
      }
      await pause();
    };
    for (let piece = this.#nextPiece(); piece !== null; piece = this.#nextPiece())
      await take(piece.stream, this.#streams[piece.stream].lines.position + piece.bytes, piece.time);
    // What the timeline does not describe came last.
    for (const name of isWhole ? (['stdout', 'stderr'] as const) : []) {
      const { lines } = this.#streams[name];
      await take(name, lines.length, 0);
      const rest = lines.rest();
      if (rest !== null) this.#add(name, rest, 0);
    }
    advanced();
  }

  /** The next line of the timeline, which src/contract/README.md describes; null: none, or what is there is not one. */
  #nextPiece(): { readonly stream: StreamName; readonly time: number; readonly bytes: number } | null {
    const end = this.#timeline.lineBreak(this.#timelineRead);
    if (end === -1) return null;
    const text = this.#decoder.decode(this.#timeline.part(this.#timelineRead, end));
    const [time = 0, stream, bytes = 0] = text.split(' ').map(Number);
    if (!(time > 0 && bytes > 0 && (stream === 1 || stream === 2))) return null;
    this.#timelineRead = end + 1;
    return { stream: stream === 1 ? 'stdout' : 'stderr', time, bytes };
  }

  #add(stream: StreamName, { start, end }: Span, time: number): void {
    if (this.#count === this.#starts.length) this.#grow();
    this.#starts[this.#count] = start;
    this.#ends[this.#count] = end;
    this.#times[this.#count] = time;
    this.#isError[this.#count] = stream === 'stderr' ? 1 : 0;
    this.#count += 1;
  }

  #grow(): void {
    const size = this.#starts.length * 2;
    const wider = (old: Float64Array) => {
      const table = new Float64Array(size);
      table.set(old);
      return table;
    };
    this.#starts = wider(this.#starts);
    this.#ends = wider(this.#ends);
    this.#times = wider(this.#times);
    const isError = new Uint8Array(size);
    isError.set(this.#isError);
    this.#isError = isError;
  }
}
