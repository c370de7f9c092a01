import { limits } from '../../base/limits.ts';
import type { OutputLine } from '../../observe/line-packer.ts';
import type { OpenOutputs } from './open-outputs.ts';

/** Scans the containers of a job for new output. */
export class OutputScan {
  readonly #names: readonly string[];
  readonly #outputs: OpenOutputs;
  readonly #hasEnded: (name: string) => boolean;
  /** Containers that may have more output, in the order of the template. */
  #unfinished: readonly string[] = [];
  /** When to scan all containers again (`performance.now()`). */
  #scanAt = 0;

  constructor(names: readonly string[], outputs: OpenOutputs, hasEnded: (name: string) => boolean) {
    this.#names = names;
    this.#outputs = outputs;
    this.#hasEnded = hasEnded;
  }

  /** To be called when read positions were set: finds the containers that may have more output. */
  reset(): void {
    this.#unfinished = this.#names.filter((name) => !this.#outputs.position(name).done);
  }

  /** When the next scan is due (`performance.now()`); null if it is not delayed. */
  get delayedUntil(): number | null {
    return this.#scanAt > performance.now() ? this.#scanAt : null;
  }

  /**
   * Reads new output, first of the container whose turn it is, then of the others.
   * @param readNew reads the new rows of one container; null if there are none
   */
  read(turn: string, readNew: (name: string) => readonly OutputLine[] | null): readonly OutputLine[] | null {
    const begun = performance.now();
    if (begun < this.#scanAt && !this.#unfinished.every(this.#hasEnded)) return null;
    const start = Math.max(0, this.#unfinished.indexOf(turn));
    const done = new Set<string>();
    let found: readonly OutputLine[] | null = null;
    for (let count = 0; count < this.#unfinished.length && found === null; count += 1) {
      const name = this.#unfinished[(start + count) % this.#unfinished.length] as string;
      found = readNew(name);
      if (found === null && this.#outputs.position(name).done) done.add(name);
    }
    if (done.size > 0) this.#unfinished = this.#unfinished.filter((name) => !done.has(name));
    const scanMs = performance.now() - begun;
    // Most of very many containers have nothing new: scanning them must not use a whole processor.
    if (found === null && scanMs > limits.shortScanMs) this.#scanAt = begun + limits.scanShare * scanMs;
    return found;
  }
}
