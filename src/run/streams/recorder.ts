import type { ContainerLayout } from '../../contract/layout.ts';
import type { StreamRecord } from '../../contract/records.ts';
import type { Secrets } from '../mask/find-secrets.ts';
import { StreamMask } from '../mask/stream-mask.ts';
import { LogFile } from './log-file.ts';
import { PassThrough } from './pass-through.ts';
import type { Memory, Sink } from './pump.ts';
import { Timeline } from './timeline.ts';

/** How a job's output is captured. */
export interface RecorderOptions {
  /** Maximum bytes of each file; 0 = no limit. */
  readonly logLimit: number;
  readonly combined: boolean;
  /** Whether anything is captured: if not, the files stay empty. */
  readonly captures: boolean;
  /** Whether the output also goes to the emissary's own standard output and error. */
  readonly forwards: boolean;
  readonly secrets: () => Secrets;
}

/**
 * Captures a job's output, masked: both streams in their files, the timeline and, on request, both combined; and
 * forwards it. Shared by all attempts of a run.
 */
export class Recorder {
  /** See `RecorderOptions`. */
  readonly captures: boolean;
  readonly #logs: readonly [LogFile, LogFile];
  readonly #timelineFile: LogFile;
  readonly #timeline: Timeline;
  readonly #combined: LogFile | null;
  readonly #through: readonly [PassThrough, PassThrough];
  readonly #forwards: boolean;
  readonly #secrets: () => Secrets;
  /** Where in each file the output of the last attempt begins. */
  readonly #begins: [number, number] = [0, 0];
  #combining: Promise<unknown> = Promise.resolve();

  /** @throws the operating system's error if a file cannot be created */
  constructor(layout: ContainerLayout, options: RecorderOptions) {
    this.#logs = [new LogFile(layout.stdout, options.logLimit), new LogFile(layout.stderr, options.logLimit)];
    this.#timelineFile = new LogFile(layout.timeline, 0);
    this.#timeline = new Timeline(this.#timelineFile);
    this.#combined = options.combined ? new LogFile(layout.combined, options.logLimit) : null;
    this.#secrets = options.secrets;
    this.captures = options.captures;
    this.#forwards = options.forwards;
    this.#through = [new PassThrough(1, options.forwards), new PassThrough(2, options.forwards)];
  }

  /** The destination of one stream of one attempt. */
  sink(stream: 1 | 2): Sink {
    const mask = new StreamMask(this.#secrets());
    const index = stream === 1 ? 0 : 1;
    this.#begins[index] = this.#logs[index].record.bytes;
    const through = this.#through[index];
    return {
      forward: mask.changes || !this.#forwards ? null : (pipe, bytes) => through.take(pipe, bytes),
      prepare: (chunk) => mask.push(chunk),
      write: (piece, forwarded) => this.#record(stream, piece, forwarded),
      end: async () => void (await this.#record(stream, mask.end(), 0)),
    };
  }

  /** What was captured of a stream. */
  record(stream: 1 | 2): StreamRecord {
    return this.#logs[stream === 1 ? 0 : 1].record;
  }

  /** The last bytes of what was captured of the last attempt, masked. See `LogFile.tail`. */
  tail(stream: 1 | 2, bytes: number): Buffer {
    const index = stream === 1 ? 0 : 1;
    return this.#logs[index].tail(bytes, this.#begins[index]);
  }

  /** Stops waiting for stalled readers; capturing continues. */
  abandonReaders(): void {
    for (const through of this.#through) through.abandon();
  }

  /** Resolves when every file is complete; nothing may be written after this call. */
  async close(): Promise<void> {
    await this.#timeline.flush();
    await this.#combining;
    for (const file of [...this.#logs, this.#timelineFile, this.#combined]) file?.close();
  }

  async #record(stream: 1 | 2, chunk: Buffer, forwarded: number): Promise<Memory> {
    if (chunk.length === 0) return 'free';
    if (!this.captures) return this.#through[stream === 1 ? 0 : 1].write(chunk.subarray(forwarded));
    const arrival = this.#timeline.arrive(stream);
    const index = stream === 1 ? 0 : 1;
    const combined = this.#combined;
    if (combined !== null) this.#combining = this.#combining.then(() => combined.append(chunk));
    const [memory] = await Promise.all([
      this.#through[index].write(chunk.subarray(forwarded)),
      this.#logs[index].append(chunk).then((bytes) => arrival.stored(bytes)),
      this.#combining,
    ]);
    return memory;
  }
}
