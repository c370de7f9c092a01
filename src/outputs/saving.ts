import { limits } from '../base/limits.ts';
import { nextTurn } from '../base/timer.ts';
import type { SavingProgress } from '../contract/records.ts';
import { NotSaved } from './reasons.ts';

/** How saving can be stopped and watched while it is under way. */
export interface SavingOptions {
  /** Aborted when nothing more is to be saved; its reason is a sentence. */
  readonly signal: AbortSignal;
  /** Told now and then how far it is; must not throw. */
  readonly tell: (progress: SavingProgress) => void;
}

/**
 * Saving as something that takes its time: nearly all of it is done by synchronous calls, so that it has to let signals
 * and timers have their turn, and to end where it is when it is stopped.
 */
export class Saving {
  readonly #options: SavingOptions;
  #turnAt = performance.now();
  #toldAt = performance.now();
  #bytes = 0;
  #files = 0;
  #current = '';

  constructor(options: SavingOptions) {
    this.#options = options;
  }

  /** Whether it was stopped. */
  get isStopped(): boolean {
    return this.#options.signal.aborted;
  }

  /** True when others have had no turn for a while: then wait for `turn`. */
  get isDue(): boolean {
    return performance.now() - this.#turnAt > limits.savingTurnMs;
  }

  /** Lets signals and timers have their turn. @throws Stopped */
  async turn(): Promise<void> {
    await nextTurn();
    this.check();
    this.#turnAt = performance.now();
    if (this.#turnAt - this.#toldAt < limits.savingTellMs) return;
    this.#toldAt = this.#turnAt;
    const { tell } = this.#options;
    tell({ bytes: this.#bytes, files: this.#files, current: this.#current, at: new Date().toISOString() });
  }

  /** @throws Stopped */
  check(): void {
    if (this.isStopped) throw this.#stopped();
  }

  /** The next output begins. @throws Stopped */
  async begin(name: string): Promise<void> {
    this.#current = name;
    this.check();
    if (this.isDue) await this.turn();
  }

  /** So many bytes of the job's files are done. */
  count(bytes: number): void {
    this.#bytes += bytes;
  }

  /** One of the job's files is done. */
  countFile(): void {
    this.#files += 1;
  }

  /**
   * Waits for work, but not after the stop: a thread that packs may take its time. What is left of the work meets the
   * stop at its next turn, and must do no harm until then.
   * @throws Stopped, or what the work throws
   */
  race<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#options;
    return new Promise((resolve, reject) => {
      const stop = () => reject(this.#stopped());
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop);
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
  }

  #stopped(): Stopped {
    return new Stopped(`saving was stopped: ${this.#options.signal.reason}`);
  }
}

/** Thrown where saving was stopped; its message is the reason why an output is missing. */
export class Stopped extends NotSaved {}
