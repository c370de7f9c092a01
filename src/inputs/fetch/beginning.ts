import type { FileHandle } from 'node:fs/promises';
import type { HttpAnswer } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import { writeAt } from '../../base/write-at.ts';
import { connectionFailed, NoRanges } from './range-errors.ts';

/** The answer to the first request, of which it turns out only later how much is wanted. */
export class Beginning {
  readonly #answer: HttpAnswer;
  readonly #size: number;
  readonly #limited = Promise.withResolvers<boolean>();
  /** Resolved when a range was answered in any way. */
  readonly #answered = Promise.withResolvers<void>();
  #end: number;
  #at = 0;

  constructor(answer: HttpAnswer, size: number) {
    this.#answer = answer;
    this.#size = size;
    this.#end = size;
  }

  /** Resolves when it is known whether ranges give the rest. */
  get limited(): Promise<boolean> {
    return this.#limited.promise;
  }

  get isLimited(): boolean {
    return this.#end < this.#size;
  }

  /** It was read to its end. */
  get isWhole(): boolean {
    return this.#at === this.#size;
  }

  /** No more than this many bytes are wanted. */
  limit(end: number): void {
    this.#end = end;
    // It may be waiting for bytes that are not wanted any more.
    if (this.#at >= end && !this.isWhole) this.#answer.destroy();
    this.#limited.resolve(true);
    this.goOn();
  }

  /** It is not known whether the server gives ranges: nothing is to be waited for. */
  goOn(): void {
    this.#answered.resolve();
  }

  /** Writes it to the file, as far as it is wanted. */
  async read(file: FileHandle, onBytes: (bytes: number) => void): Promise<void> {
    try {
      for await (const piece of this.#answer as AsyncIterable<Buffer>) {
        const bytes = piece.subarray(0, this.#size - this.#at);
        onBytes(bytes.length);
        await writeAt(file, bytes, this.#at);
        this.#at += bytes.length;
        if (this.#at >= limits.storePartBytes) await this.#answered.promise;
        if (this.#at >= this.#end) break;
      }
    } catch (cause) {
      if (this.#at < this.#end) throw this.#answer.errored === null ? cause : connectionFailed(cause);
    } finally {
      this.#limited.resolve(false);
    }
    if (this.#at < this.#end) throw new NoRanges(`the server sent ${this.#at} bytes of ${this.#size}`);
  }
}
