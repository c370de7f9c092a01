import { closeSync } from 'node:fs';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { after } from '../../base/timer.ts';
import { growPipe, readableBytes, readNow } from '../../kernel/pipe.ts';
import { type Readiness, watchDescriptor } from '../../kernel/readiness.ts';

/** EIO: nobody has the other side of a terminal open. */
const hungUp = -5;

/** Whether a chunk's memory may be used again, or the kernel may still read it for a reader who was given up. */
export type Memory = 'free' | 'lent';

/** Where a stream of the job's goes. Neither promise ever rejects. */
export interface Sink {
  /**
   * Passes on what it can of a pipe's next bytes without reading them: that much of the next piece was passed on. Null
   * where the bytes may have to be changed first.
   */
  readonly passOn: ((pipe: number, bytes: number) => number) | null;
  /** What is to be written of a chunk, which may be the chunk itself; done while an earlier one is being written. */
  prepare(chunk: Buffer): Buffer;
  /** @param passedOn how much of it `passOn` has taken care of */
  write(piece: Buffer, passedOn: number): Promise<Memory>;
  /** No more comes: what was held back is written. */
  end(): Promise<void>;
}

/**
 * Reads a descriptor of the job's to its end and hands all of it to one sink, in order, a piece at a time; then the job
 * has to wait, as it would for any slow reader. Where the sink has work with a piece, two buffers take turns: while one
 * is written, the other is read into and prepared. Elsewhere that would only split the output into smaller pieces.
 */
export class Pump {
  readonly #file: number;
  /** Closed when the job is gone. */
  readonly #held: number | null;
  readonly #sink: Sink;
  readonly #watch: Readiness;
  /** Resolves when the end was reached, or the pump has finished, and the sink has taken everything. */
  readonly ended: Promise<void>;
  #wake: ((readable: boolean) => void) | null = null;
  #read = 0;
  #passedOn = 0;
  /** Set when the job is gone: what was there then is read in any case, more only until the time. */
  #last: { readonly bytes: number; readonly time: number } | null = null;

  /**
   * @param file a pipe's or a terminal's descriptor, which the pump owns from now on
   * @param held a descriptor of the other side, of the pump's from now on too: it keeps a terminal from being at its
   *   end while the job lives, which may close its own and open it again
   * @throws Fault `supervision` when it cannot be watched
   */
  constructor(file: number, sink: Sink, held: number | null = null) {
    const watch = watchDescriptor(file, 'read', () => this.#wake?.(true));
    if (watch === null)
      throw new Fault('supervision', "Cannot watch the job's output: no more descriptors can be watched");
    // Not before the job's start, which does not wait for it; the kernel may refuse.
    growPipe(file, limits.pipeBytes);
    this.#file = file;
    this.#held = held;
    this.#sink = sink;
    this.#watch = watch;
    this.ended = this.#run();
  }

  /**
   * Tells that the job is gone. Whoever still holds the other end (a background process, or the `tee` of a shell's
   * redirection) is read until he has been silent for a while, or has printed for too long.
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
      // A short piece says that we are quicker than the job: what comes meanwhile is gathered in the pipe.
      if (this.#sink.passOn !== null || count < limits.gatherBytes) await written;
      count = await this.#next(buffer);
      const piece = this.#sink.prepare(buffer.subarray(0, count));
      // What is read into lent memory would reach that reader unmasked.
      if ((await written) === 'lent')
        buffers[turn % 2 === 0 ? 1 : 0] = Buffer.allocUnsafeSlow(limits.pumpBytes);
      if (count === 0) break;
      written = this.#sink.write(piece, this.#passedOn);
    }
    this.#watch.close();
    closeSync(this.#file);
    await this.#sink.end();
  }

  /** Reads the next piece; 0 means that there is no more. */
  async #next(buffer: Buffer): Promise<number> {
    while (this.#last === null || this.#read < this.#last.bytes || Date.now() < this.#last.time) {
      this.#passedOn = this.#sink.passOn?.(this.#file, buffer.length) ?? 0;
      const count = readNow(this.#file, buffer);
      this.#read += Math.max(0, count);
      if (count > 0) return count;
      if (count === 0 || count === hungUp) return 0;
      if (!(await this.#readable())) return 0;
    }
    return 0;
  }

  /** Waits for bytes, or for the end; false when the job is gone and nothing has come for a while. */
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
