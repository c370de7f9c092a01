import { errnoOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { duplicateNow, growPipe } from '../../kernel/pipe.ts';
import { watchDescriptor } from '../../kernel/readiness.ts';
import type { Memory } from './pump.ts';
import { writeSome } from './write-some.ts';

/**
 * The emissary's own standard output or error, where the job's bytes go on to. Waits for a slow reader, which is the
 * job's back-pressure; a reader that has gone away is no failure of the job's.
 */
export class PassThrough {
  readonly #file: number;
  #open = true;
  /** Whether there was so much that this is worth its while: a reader's larger pipe, no copy on the way to it. */
  #busy = false;
  #writing = false;
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
    if (!this.#open || chunk.length === 0) resolve('free');
    else {
      this.#grow(chunk.length);
      this.#release = () => resolve('lent');
      this.#writing = true;
      void this.#writeAll(chunk).then(() => {
        this.#writing = false;
        resolve('free');
      });
    }
    return promise;
  }

  /**
   * Passes on at once, without a copy, what the reader's pipe has room for of the next bytes of another one.
   * @returns how many bytes that was; 0 also where it cannot be done, and the bytes are to be written
   */
  take(pipe: number, bytes: number): number {
    if (!this.#busy || this.#writing || !this.#open) return 0;
    return Math.max(0, duplicateNow(pipe, this.#file, bytes));
  }

  /** Waits for the reader no longer; a write that is under way may still be finished by the kernel. */
  abandon(): void {
    this.#open = false;
    this.#release();
  }

  /** A reader of much output is woken less often when its pipe holds as much as ours: 64 KiB is what most have. */
  #grow(bytes: number): void {
    if (this.#busy || bytes < limits.muchOutputBytes) return;
    this.#busy = true;
    growPipe(this.#file, limits.pipeBytes);
  }

  async #writeAll(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length && this.#open; ) {
      const written = await writeSome(this.#file, chunk, offset);
      if (typeof written === 'number') offset += written;
      else if (errnoOf(written) === 'EAGAIN') await readyAgain(this.#file, 'write');
      // EPIPE, EIO, EBADF: nobody reads any more. The captured files go on.
      else this.#open = false;
    }
  }
}

/** Our caller may have made its pipe or terminal non-blocking; then a full or an empty one answers EAGAIN. */
export function readyAgain(file: number, to: 'read' | 'write'): Promise<void> {
  return new Promise((resolve) => {
    const watch = watchDescriptor(file, to, () => {
      watch?.close();
      resolve();
    });
    if (watch === null) resolve();
    else watch.arm();
  });
}
