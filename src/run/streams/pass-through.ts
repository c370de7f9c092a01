import { errnoOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { duplicateNow, growPipe } from '../../kernel/pipe.ts';
import { watchDescriptor } from '../../kernel/watch-descriptor.ts';
import type { Memory } from './pump.ts';
import { writeSome } from './write-some.ts';

/**
 * Forwards the job's bytes to the emissary's own standard output or error. A slow reader slows the job down
 * (back-pressure); a reader that has closed its end does not make the job fail.
 */
export class PassThrough {
  readonly #file: number;
  #open: boolean;
  /** Whether there was enough output to justify a larger pipe for the reader, and forwarding without a copy. */
  #busy = false;
  #writing = false;
  /** Ends the wait for the current write. */
  #release: () => void = () => undefined;

  /**
   * @param file the descriptor, 1 or 2
   * @param open whether anything is to be forwarded
   */
  constructor(file: number, open: boolean) {
    this.#file = file;
    this.#open = open;
  }

  /**
   * Resolves when the reader's side has accepted all of it, is closed, or was abandoned. Never rejects.
   * @returns `'lent'` if the reader was abandoned: the chunk's memory may still be read, and must not change
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
   * Forwards the next bytes of a pipe without blocking and without a copy, as far as the reader's pipe has space.
   * @returns the number of bytes; 0 if it is impossible, and the bytes must be written
   */
  take(pipe: number, bytes: number): number {
    if (!this.#busy || this.#writing || !this.#open) return 0;
    return Math.max(0, duplicateNow(pipe, this.#file, bytes));
  }

  /** Stops waiting for the reader; the kernel may still finish the current write. */
  abandon(): void {
    this.#open = false;
    this.#release();
  }

  /** With much output, a pipe as large as ours wakes the reader less often; the usual size is 64 KiB. */
  #grow(bytes: number): void {
    if (this.#busy || bytes < limits.highOutputBytes) return;
    this.#busy = true;
    growPipe(this.#file, limits.pipeBytes);
  }

  async #writeAll(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length && this.#open; ) {
      const written = await writeSome(this.#file, chunk, offset);
      if (typeof written === 'number') offset += written;
      else if (errnoOf(written) === 'EAGAIN') await readyAgain(this.#file, 'write');
      // EPIPE, EIO, EBADF: there is no reader any more. Capturing continues.
      else this.#open = false;
    }
  }
}

/** Resolves when a non-blocking descriptor is ready again; our caller may have set its pipe or terminal so. */
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
