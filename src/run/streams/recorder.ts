import type { ContainerLayout } from '../../contract/layout.ts';
import type { StreamRecord } from '../../contract/records.ts';
import { type Secrets, StreamMask } from '../mask/mask.ts';
import { LogFile } from './log-file.ts';
import { PassThrough } from './pass-through.ts';
import type { Memory, Sink } from './pump.ts';
import { Timeline } from './timeline.ts';

/** What is kept of a job's output, and how. */
export interface RecorderOptions {
  /** Bytes of each file; 0 = no limit. */
  readonly logLimit: number;
  readonly combined: boolean;
  readonly secrets: () => Secrets;
}

/**
 * Keeps a job's output: both streams in their files, masked, with the timeline and, on request, combined; and passes
 * them on. Serves all attempts of a run.
 */
export class Recorder {
  readonly #logs: readonly [LogFile, LogFile];
  readonly #timelineFile: LogFile;
  readonly #timeline: Timeline;
  readonly #combined: LogFile | null;
  readonly #through: readonly [PassThrough, PassThrough] = [new PassThrough(1), new PassThrough(2)];
  readonly #secrets: () => Secrets;
  #combining: Promise<unknown> = Promise.resolve();

  /** @throws the operating system's error when a file cannot be made */
  constructor(layout: ContainerLayout, options: RecorderOptions) {
    this.#logs = [new LogFile(layout.stdout, options.logLimit), new LogFile(layout.stderr, options.logLimit)];
    this.#timelineFile = new LogFile(layout.timeline, 0);
    this.#timeline = new Timeline(this.#timelineFile);
    this.#combined = options.combined ? new LogFile(layout.combined, options.logLimit) : null;
    this.#secrets = options.secrets;
  }

  /** Where one stream of one attempt goes. */
  sink(stream: 1 | 2): Sink {
    const mask = new StreamMask(this.#secrets());
    const through = this.#through[stream === 1 ? 0 : 1];
    return {
      passOn: mask.changes ? null : (pipe, bytes) => through.take(pipe, bytes),
      prepare: (chunk) => mask.push(chunk),
      write: (piece, passedOn) => this.#record(stream, piece, passedOn),
      end: async () => void (await this.#record(stream, mask.end(), 0)),
    };
  }

  /** What was kept of a stream. */
  record(stream: 1 | 2): StreamRecord {
    return this.#logs[stream === 1 ? 0 : 1].record;
  }

  /** Waits for a stalled reader no longer; the files go on. */
  abandonReaders(): void {
    for (const through of this.#through) through.abandon();
  }

  /** Resolves when every file is complete; nothing may be written afterwards. */
  async close(): Promise<void> {
    await this.#timeline.flush();
    await this.#combining;
    for (const file of [...this.#logs, this.#timelineFile, this.#combined]) file?.close();
  }

  async #record(stream: 1 | 2, chunk: Buffer, passedOn: number): Promise<Memory> {
    if (chunk.length === 0) return 'free';
    const arrival = this.#timeline.arrive(stream);
    const index = stream === 1 ? 0 : 1;
    const combined = this.#combined;
    if (combined !== null) this.#combining = this.#combining.then(() => combined.append(chunk));
    const [memory] = await Promise.all([
      this.#through[index].write(chunk.subarray(passedOn)),
      this.#logs[index].append(chunk).then((bytes) => arrival.stored(bytes)),
      this.#combining,
    ]);
    return memory;
  }
}
