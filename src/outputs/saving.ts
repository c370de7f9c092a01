import { limits } from '../base/limits.ts';
import { nextTurn } from '../base/timer.ts';
import type { SavingProgress } from '../contract/records.ts';
import { NotSaved } from './reasons.ts';

/** How saving is stopped and its progress reported. */
export interface SavingOptions {
  /** Aborted when saving has to stop; its reason is a phrase for messages. */
  readonly signal: AbortSignal;
  /** Called now and then with the progress; must not throw. */
  readonly onProgress: (progress: SavingProgress) => void;
}

/**
 * Saving uses mostly synchronous calls. This class makes it yield to signals and timers, report its progress, and end
 * promptly when it is stopped.
 */
export class Saving {
  readonly #options: SavingOptions;
  #yieldedAt = performance.now();
  #reportedAt = performance.now();
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

  /** True if signals and timers have waited for a while: then await `yieldTurn`. */
  get mustYield(): boolean {
    return performance.now() - this.#yieldedAt > limits.savingTurnMs;
  }

  /** Lets pending signals and timers run. @throws Stopped */
  async yieldTurn(): Promise<void> {
    await nextTurn();
    this.check();
    this.#yieldedAt = performance.now();
    if (this.#yieldedAt - this.#reportedAt < limits.savingReportMs) return;
    this.#reportedAt = this.#yieldedAt;
    const { onProgress } = this.#options;
    onProgress({
      bytes: this.#bytes,
      files: this.#files,
      current: this.#current,
      at: new Date().toISOString(),
    });
  }

  /** @throws Stopped */
  check(): void {
    if (this.isStopped) throw this.#stopped();
  }

  /** Begins the next output. @throws Stopped */
  async begin(name: string): Promise<void> {
    this.#current = name;
    this.check();
    if (this.mustYield) await this.yieldTurn();
  }

  /** Counts processed bytes of the job's files. */
  count(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Counts a processed file. */
  countFile(): void {
    this.#files += 1;
  }

  /**
   * Waits for work until it is stopped, since a packing thread may be slow. Abandoned work notices the stop at its next
   * turn, and must do no harm until then.
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

/** Thrown when saving was stopped; its message is the reason why an output is missing. */
export class Stopped extends NotSaved {}
