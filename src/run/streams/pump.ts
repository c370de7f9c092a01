import { closeSync } from 'node:fs';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { after } from '../../base/timer.ts';
import { growPipe, readableBytes, readNow } from '../../kernel/pipe.ts';
import { type Readiness, watchDescriptor } from '../../kernel/watch-descriptor.ts';

/** EIO: the other side of the terminal is closed. */
const hungUp = -5;

/** Whether a chunk's memory may be reused, or the kernel may still read it for an abandoned reader. */
export type Memory = 'free' | 'lent';

/** The destination of one of the job's streams. Neither promise ever rejects. */
export interface Sink {
  /**
   * Forwards as many of a pipe's next bytes as it can without reading them, and returns their number. Null if the bytes
   * may have to be changed first.
   */
  readonly forward: ((pipe: number, bytes: number) => number) | null;
  /** Returns what to write for a chunk, possibly the chunk itself; runs while the previous chunk is being written. */
  prepare(chunk: Buffer): Buffer;
  /** @param forwarded how many of its bytes `forward` has already forwarded */
  write(piece: Buffer, forwarded: number): Promise<Memory>;
  /** The stream has ended: writes what was held back. */
  end(): Promise<void>;
}

/**
 * Reads one of the job's descriptors to its end and writes everything to one sink, in order, a piece at a time;
 * meanwhile the job blocks, as with any slow reader. If the sink has to prepare pieces, two buffers alternate: while
 * one is written, the other is filled and prepared. Otherwise that would only split the output into smaller pieces.
 */
export class Pump {
  readonly #file: number;
  /** Closed when the job has exited. */
  readonly #held: number | null;
  readonly #sink: Sink;
  readonly #watch: Readiness;
  /** Resolves at the end of the stream, or after `finish`, once the sink has accepted everything. */
  readonly ended: Promise<void>;
  #wake: ((readable: boolean) => void) | null = null;
  #read = 0;
  #forwarded = 0;
  /** Set when the job has exited: the bytes available then are always read, later ones only until the deadline. */
  #last: { readonly bytes: number; readonly time: number } | null = null;

  /**
   * @param file descriptor of a pipe or terminal, owned by the pump from now on
   * @param held descriptor of the other side, also owned by the pump: it keeps a terminal open while the job runs,
   *   which
   *   may close its own descriptors and reopen them
   * @throws Fault `supervision` if it cannot be watched
   */
  constructor(file: number, sink: Sink, held: number | null = null) {
    const watch = watchDescriptor(file, 'read', () => this.#wake?.(true));
    if (watch === null)
      throw new Fault(
        'supervision',
        "Cannot watch the job's output: the limit of watched descriptors is reached",
      );
    // After the job's start, so as not to delay it; the kernel may refuse.
    growPipe(file, limits.pipeBytes);
    this.#file = file;
    this.#held = held;
    this.#sink = sink;
    this.#watch = watch;
    this.ended = this.#run();
  }

  /**
   * Call when the job has exited. If another process still holds the other end (a background process, or the `tee` of a
   * shell's redirection), reads until it has been silent for a while, or has printed for too long.
   */
  finish(): void {
    this.#last = { bytes: this.#read + readableBytes(this.#file), time: Date.now() + limits.drainMs };
    if (this.#held !== null) closeSync(this.#held);
    this.#wake?.(true);
  }

  async #run(): Promise<void> {
    const buffers = [Buffer.allocUnsafeSlow(limits.pumpBytes), Buffer.allocUnsafeSlow(limits.pumpBytes)] as [
      Buffer,
      Buffer,
    ];
    let written: Promise<Memory> = Promise.resolve('free');
    let count = 0;
    for (let turn = 0; ; turn += 1) {
      const buffer = buffers[turn % 2 === 0 ? 0 : 1];
      // After a short piece we are faster than the job: let output gather in the pipe.
      if (this.#sink.forward !== null || count < limits.gatherBytes) await written;
      count = await this.#next(buffer);
      const piece = this.#sink.prepare(buffer.subarray(0, count));
      // New bytes in lent memory would reach the abandoned reader unmasked.
      if ((await written) === 'lent')
        buffers[turn % 2 === 0 ? 1 : 0] = Buffer.allocUnsafeSlow(limits.pumpBytes);
      if (count === 0) break;
      written = this.#sink.write(piece, this.#forwarded);
    }
    this.#watch.close();
    closeSync(this.#file);
    await this.#sink.end();
  }

  /** Reads the next piece; 0 means the end. */
  async #next(buffer: Buffer): Promise<number> {
    while (this.#last === null || this.#read < this.#last.bytes || Date.now() < this.#last.time) {
      this.#forwarded = this.#sink.forward?.(this.#file, buffer.length) ?? 0;
      const count = readNow(this.#file, buffer);
      this.#read += Math.max(0, count);
      if (count > 0) return count;
      if (count === 0 || count === hungUp) return 0;
      if (!(await this.#readable())) return 0;
    }
    return 0;
  }

  /** Waits for bytes or the end; false if the job has exited and nothing arrived for a while. */
  async #readable(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const silence = this.#last === null ? null : after(limits.drainQuietMs, () => resolve(false));
    this.#wake = resolve;
    this.#watch.arm();
    const readable = await promise;
    this.#wake = null;
    this.#watch.disarm();
    silence?.cancel();
    return readable;
  }
}
