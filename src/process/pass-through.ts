import { errnoOf } from '../base/fault.ts';
import { watchDescriptor } from '../kernel/readiness.ts';
import type { Memory } from './pump.ts';
import { writeSome } from './write-some.ts';

/**
 * The emissary's own standard output or error, where the job's bytes go on to. Waits for a slow reader, which is the
 * job's back-pressure; a reader that has gone away is no failure of the job's.
 */
export class PassThrough {
  readonly #file: number;
  readonly #abandoned = Promise.withResolvers<Memory>();
  #open = true;

  /** @param file the descriptor, 1 or 2 */
  constructor(file: number) {
    this.#file = file;
  }

  /**
   * Resolves when the reader's side has taken all of it, has gone away, or was given up. Never rejects.
   * @returns `'lent'` when the reader was given up: the chunk's memory may still be read, and must not change
   */
  async write(chunk: Buffer): Promise<Memory> {
    if (!this.#open) return 'free';
    return Promise.race([this.#writeAll(chunk), this.#abandoned.promise]);
  }

  /** Waits for the reader no longer; a write that is under way may still be finished by the kernel. */
  abandon(): void {
    this.#open = false;
    this.#abandoned.resolve('lent');
  }

  async #writeAll(chunk: Buffer): Promise<Memory> {
    for (let offset = 0; offset < chunk.length && this.#open; ) {
      const written = await writeSome(this.#file, chunk, offset);
      if (typeof written === 'number') offset += written;
      else if (errnoOf(written) === 'EAGAIN') await writableAgain(this.#file);
      // EPIPE, EIO, EBADF: nobody reads any more. The captured files go on.
      else this.#open = false;
    }
    return 'free';
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
