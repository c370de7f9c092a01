import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { growPipe } from '../kernel/pipe.ts';
import { watchDescriptor } from '../kernel/readiness.ts';
import type { Memory } from './pump.ts';
import { writeSome } from './write-some.ts';

/**
 * The emissary's own standard output or error, where the job's bytes go on to. Waits for a slow reader, which is the
 * job's back-pressure; a reader that has gone away is no failure of the job's.
 */
export class PassThrough {
  readonly #file: number;
  #open = true;
  #grown = false;
  /** Ends the wait for the write that is under way. */
  #release: () => void = () => undefined;

  /** @param file the descriptor, 1 or 2 */
  constructor(file: number) {
    this.#file = file;
  }

  /**
   * Resolves when the reader's side has taken all of it, has gone away, or was given up. Never rejects.
   * @returns `'lent'` when the reader was given up: the chunk's memory may still be read, and must not change
   */
  write(chunk: Buffer): Promise<Memory> {
    const { promise, resolve } = Promise.withResolvers<Memory>();
    if (!this.#open) resolve('free');
    else {
      this.#grow(chunk.length);
      this.#release = () => resolve('lent');
      void this.#writeAll(chunk).then(() => resolve('free'));
    }
    return promise;
  }

  /** Waits for the reader no longer; a write that is under way may still be finished by the kernel. */
  abandon(): void {
    this.#open = false;
    this.#release();
  }

  /** A reader of much output is woken less often when its pipe holds as much as ours: 64 KiB is what most have. */
  #grow(bytes: number): void {
    if (this.#grown || bytes < limits.muchOutputBytes) return;
    this.#grown = true;
    growPipe(this.#file, limits.pipeBytes);
  }

  async #writeAll(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length && this.#open; ) {
      const written = await writeSome(this.#file, chunk, offset);
      if (typeof written === 'number') offset += written;
      else if (errnoOf(written) === 'EAGAIN') await writableAgain(this.#file);
      // EPIPE, EIO, EBADF: nobody reads any more. The captured files go on.
      else this.#open = false;
    }
  }
}

/** Our caller may have made its pipe non-blocking; then a full one answers EAGAIN. */
function writableAgain(file: number): Promise<void> {
  return new Promise((resolve) => {
    const watch = watchDescriptor(file, 'write', () => {
      watch?.close();
      resolve();
    });
    if (watch === null) resolve();
    else watch.arm();
  });
}
