/** The two streams of a container. */
export type StreamName = 'stdout' | 'stderr';

/** One line of a log. */
export interface LogLine {
  readonly stream: StreamName;
  /** ms since 1970, of its last piece; 0: unknown. */
  readonly time: number;
  /** As the job has written it, without its newline; bytes that are not UTF-8 are U+FFFD. */
  readonly text: string;
}

/** The files of a container's log. */
export interface LogFiles {
  readonly timeline: Uint8Array;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

const newline = 10;
/** Work between two looks at what else the browser has to do, in pieces or lines. */
const sliceSteps = 100_000;
/** How much room the table of lines has at first. */
const firstLines = 4_096;

/** The lines of both streams, in order of their ends: an index into the bytes, so that millions fit into memory. */
export class LogLines {
  readonly #files: LogFiles;
  #starts = new Float64Array(firstLines);
  #ends = new Float64Array(firstLines);
  #times = new Float64Array(firstLines);
  #isError = new Uint8Array(firstLines);
  #count = 0;
  readonly #decoder = new TextDecoder();

  constructor(files: LogFiles) {
    this.#files = files;
  }

  get count(): number {
    return this.#count;
  }

  /** The bytes of a stream, exactly as the job has written them. */
  bytesOf(stream: StreamName): Uint8Array {
    return this.#files[stream];
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
    const whole = this.#files[this.streamOf(first)].subarray(start, this.#ends[next - 1]);
    return { next, text: this.#decoder.decode(whole) };
  }

  line(index: number): LogLine {
    const stream = this.streamOf(index);
    const bytes = this.#files[stream].subarray(this.#starts[index], this.#ends[index]);
    return { stream, time: this.#times[index] ?? 0, text: this.#decoder.decode(bytes) };
  }

  /** Finds all lines; calls `advanced` whenever more of them are there. */
  async index(advanced: () => void): Promise<void> {
    const streams = {
      stdout: new StreamLines(this.#files.stdout),
      stderr: new StreamLines(this.#files.stderr),
    };
    let steps = 0;
    const pause = async () => {
      steps += 1;
      if (steps % sliceSteps !== 0) return;
      advanced();
      await new Promise((resolve) => setTimeout(resolve));
    };
    for (const { stream, time, bytes } of piecesOf(this.#files.timeline)) {
      const lines = streams[stream];
      const end = lines.position + bytes;
      for (let line = lines.next(end); line !== null; line = lines.next(end)) {
        this.#add(stream, line, time);
        await pause();
      }
      await pause();
    }
    // What the timeline does not describe came last.
    for (const stream of ['stdout', 'stderr'] as const) {
      const lines = streams[stream];
      for (let line = lines.next(lines.length); line !== null; line = lines.next(lines.length)) {
        this.#add(stream, line, 0);
        await pause();
      }
      const rest = lines.rest();
      if (rest !== null) this.#add(stream, rest, 0);
    }
    advanced();
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

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Finds the lines of one stream, each byte looked at once. */
class StreamLines {
  readonly #bytes: Uint8Array;
  #start = 0;
  #newline: number;
  /** Up to where pieces have been taken. */
  position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#newline = bytes.indexOf(newline);
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** The next line that ends before `limit`; null: none, and all before it is taken. */
  next(limit: number): Span | null {
    if (this.#newline === -1 || this.#newline >= limit) {
      this.position = Math.min(limit, this.#bytes.length);
      return null;
    }
    const line = { start: this.#start, end: this.#newline };
    this.#start = this.#newline + 1;
    this.#newline = this.#bytes.indexOf(newline, this.#start);
    return line;
  }

  /** A last line without its newline. */
  rest(): Span | null {
    return this.#start < this.#bytes.length ? { start: this.#start, end: this.#bytes.length } : null;
  }
}

/** The lines of a `timeline`, which src/contract/README.md describes; the first that is not one ends it. */
function* piecesOf(timeline: Uint8Array): Generator<{ stream: StreamName; time: number; bytes: number }> {
  const decoder = new TextDecoder('latin1');
  for (let start = 0; ; ) {
    const end = timeline.indexOf(newline, start);
    if (end === -1) return;
    const [time, stream, bytes] = decoder.decode(timeline.subarray(start, end)).split(' ').map(Number);
    if (!(time !== undefined && bytes !== undefined && bytes > 0 && (stream === 1 || stream === 2))) return;
    yield { stream: stream === 1 ? 'stdout' : 'stderr', time, bytes };
    start = end + 1;
  }
}
