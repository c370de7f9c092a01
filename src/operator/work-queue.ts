import { limits } from '../base/limits.ts';
import { after, type Timer } from '../base/timer.ts';

/** What the work on one key has come to: ask again after so many ms; null: when there is news. */
export type Again = number | null;

/**
 * Works on keys, each by one worker at a time. A key that is added while it waits is there once; one that is added while it is
 * worked on is worked on again. Work that fails is repeated after pauses of its own that grow.
 */
export class WorkQueue {
  readonly #work: (key: string) => Promise<Again>;
  readonly #failed: (key: string, error: unknown) => void;
  readonly #waiting = new Set<string>();
  readonly #busy = new Set<string>();
  /** Added again while they were worked on. */
  readonly #dirty = new Set<string>();
  readonly #timers = new Map<string, { readonly at: number; readonly timer: Timer }>();
  readonly #failures = new Map<string, number>();
  #isClosed = false;

  readonly #workers: number;

  /** @param failed is told of every failure */
  constructor(
    work: (key: string) => Promise<Again>,
    failed: (key: string, error: unknown) => void,
    workers: number,
  ) {
    this.#work = work;
    this.#failed = failed;
    this.#workers = workers;
  }

  /** How many keys wait for a worker. */
  get depth(): number {
    return this.#waiting.size + this.#dirty.size;
  }

  add(key: string): void {
    if (this.#isClosed) return;
    if (this.#busy.has(key)) this.#dirty.add(key);
    else this.#waiting.add(key);
    this.#next();
  }

  /** As `add`, but later. Of several times for a key, the earliest counts. */
  addAfter(key: string, ms: number): void {
    const at = performance.now() + ms;
    const known = this.#timers.get(key);
    if (this.#isClosed || (known !== undefined && known.at <= at)) return;
    known?.timer.cancel();
    const timer = after(ms, () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, { at, timer });
  }

  /** Begins no more work, and resolves when none is being done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { timer } of this.#timers.values()) timer.cancel();
    this.#waiting.clear();
    this.#dirty.clear();
    await Promise.all(this.#running);
  }

  readonly #running = new Set<Promise<void>>();

  #next(): void {
    for (const key of this.#waiting) {
      if (this.#busy.size >= this.#workers) return;
      this.#waiting.delete(key);
      this.#busy.add(key);
      const running = this.#run(key);
      this.#running.add(running);
      void running.finally(() => this.#running.delete(running));
    }
  }

  async #run(key: string): Promise<void> {
    try {
      const again = await this.#work(key);
      this.#failures.delete(key);
      if (again !== null) this.addAfter(key, again);
    } catch (error) {
      this.#failed(key, error);
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      this.addAfter(key, Math.min(limits.operatorRetryMs * 2 ** failures, limits.operatorMaxRetryMs));
    }
    this.#busy.delete(key);
    if (this.#dirty.delete(key)) this.#waiting.add(key);
    this.#next();
  }
}
