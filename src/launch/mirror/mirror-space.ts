import { limits } from '../../base/limits.ts';
import { MirrorRefusal } from './mirror-refusal.ts';

/** Counts what a mirror takes: a sender is not trusted, and must not fill the disk. */
export class MirrorSpace {
  readonly #maxBytes: number;
  #bytes = 0;
  #files = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws MirrorRefusal if there is no room for so many more bytes */
  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes)
      throw new MirrorRefusal(
        `the volume has more than the ${this.#maxBytes} bytes that its mirror may have`,
        true,
      );
  }

  takeFile(): void {
    this.#files += 1;
    if (this.#files > limits.mirrorFiles)
      throw new MirrorRefusal(`the volume has more than ${limits.mirrorFiles} files`, true);
  }

  /** Whether a file may be so large, holes included. @throws MirrorRefusal */
  checkSize(size: number): void {
    if (size > limits.mirrorFileBytes)
      throw new MirrorRefusal(`a file is larger than ${limits.mirrorFileBytes} bytes`, true);
  }
}
