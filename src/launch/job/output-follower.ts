import { join } from 'node:path';
import { limits } from '../../base/limits.ts';
import type { Volume } from '../../contract/volume.ts';
import { watchDirectory } from '../../contract/watch-directory.ts';
import { readSeal } from '../../observe/container-state.ts';
import { readSealed } from '../../observe/read-sealed.ts';
import { type StreamBound, StreamBounds, streams } from '../../observe/stream-bounds.ts';
import { StreamReader } from '../../observe/stream-reader.ts';
import { TimelineCursor } from '../../observe/timeline-cursor.ts';

type Stream = (typeof streams)[number];

/** Takes a piece of the job's output; its memory is valid until the promise resolves. */
export type Forward = (stream: Stream, piece: Buffer) => Promise<void>;

/**
 * Follows the output of `main` on its volume, both streams in order of arrival. It starts at the first byte, whenever it
 * is started: so a second launcher shows all that the first one showed.
 */
export class OutputFollower {
  readonly #volume: Volume;
  readonly #forward: Forward;
  readonly #timeline: TimelineCursor;
  readonly #readers: Readonly<Record<Stream, StreamReader>>;
  readonly #over = new AbortController();
  #bounds: StreamBounds | null = null;
  #running: Promise<void> | null = null;
  #again = false;
  #skipping: boolean;

  /** @param from `now`: skips what was written before `start` */
  constructor(volume: Volume, forward: Forward, from: 'start' | 'now' = 'start') {
    this.#volume = volume;
    this.#forward = forward;
    this.#skipping = from === 'now';
    const reader = (stream: Stream) =>
      new StreamReader(volume, `ctr/main/${stream}`, 0, () => this.#boundOf(stream));
    this.#readers = { stdout: reader('stdout'), stderr: reader('stderr') };
    this.#timeline = new TimelineCursor(volume, 'ctr/main/timeline', { timeline: 0, taken: 0 }, () => {
      for (const stream of streams) this.#readers[stream].open();
    });
  }

  /** Starts to follow; the directory of the container must be there. */
  start(): void {
    watchDirectory(join(this.#volume.root, 'ctr/main'), {
      names: ['timeline'],
      onChange: () => this.#wake(),
      signal: this.#over.signal,
    });
    this.#wake();
  }

  /** The job has ended: forwards what is left. @throws the error of a stream that cannot be read */
  async finish(): Promise<void> {
    this.#over.abort();
    await this.#running;
    const seal = readSeal(this.#volume, 'main');
    const result = seal.kind === 'absent' ? null : (await readSealed(this.#volume, 'main', seal)).result;
    this.#bounds = new StreamBounds(0, () => result);
    await this.#drain();
    // What the timeline does not describe came last.
    for (const stream of streams) while (await this.#take(stream, limits.copyBytes)) {}
    this.#timeline.close();
    for (const stream of streams) this.#readers[stream].close();
  }

  #wake(): void {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      if (this.#skipping) await this.#skip();
      // What cannot be read now is read at the end.
      await this.#drain().catch(() => undefined);
    }
  }

  async #skip(): Promise<void> {
    await this.#drain().catch(() => undefined);
    this.#skipping = false;
  }

  /** Forwards all that the timeline describes; neighbours of one stream together. */
  async #drain(): Promise<void> {
    for (;;) {
      const first = this.#timeline.piece;
      if (first === null) return;
      let bytes = 0;
      let piece: typeof first | null = first;
      while (piece !== null && piece.stream === first.stream && bytes < limits.copyBytes) {
        const left = this.#timeline.leftOf(piece, null);
        this.#timeline.take(piece, left);
        bytes += left;
        piece = this.#timeline.piece;
      }
      while (bytes > 0) {
        const taken = await this.#take(first.stream, bytes);
        // Shorter than its timeline: the job has cut its own log.
        if (taken === 0) return;
        bytes -= taken;
      }
    }
  }

  async #take(stream: Stream, most: number): Promise<number> {
    const piece = this.#readers[stream].take(most);
    if (piece.length > 0 && !this.#skipping) await this.#forward(stream, piece);
    return piece.length;
  }

  #boundOf(stream: Stream): StreamBound {
    return this.#bounds?.of('main', stream) ?? endless;
  }
}

/** While the job runs, the timeline says how much there is. */
const endless: StreamBound = { bytes: Number.POSITIVE_INFINITY, isCounted: true };
