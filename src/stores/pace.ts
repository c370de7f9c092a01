import { limits } from '../base/limits.ts';
import { pause } from '../base/timer.ts';
import { StoreError } from './object-store.ts';

/**
 * How many requests go to a store at once: few at first, and more as long as they are answered quickly; half as many after
 * the store said that it is busy. On a slow link, they would only delay each other. A request that may work the next time is
 * repeated, after a pause with jitter.
 */
export class Pace {
  readonly most: number;
  /** Why the latest request failed that is to be repeated; null: one has succeeded since. */
  trouble: StoreError | null = null;
  #allowed: number;
  #wasBusy = false;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #lastSuccess = Number.NEGATIVE_INFINITY;
  #lastSlowDown = Number.NEGATIVE_INFINITY;

  /** @param most requests at a time */
  constructor(most: number = limits.storeRequests) {
    this.most = most;
    this.#allowed = Math.min(most, limits.storeFirstRequests);
  }

  /** @throws StoreError after which a repetition is of no use, or the last one; the signal's reason */
  async run<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const began = performance.now();
    for (let failures = 1; ; failures += 1) {
      const failure = await this.#once(act, signal);
      if ('value' in failure) return failure.value;
      const { error } = failure;
      const leftMs = limits.storePatienceMs - (performance.now() - Math.max(began, this.#lastSuccess));
      const isHopeless =
        error.kind === 'busy' ? leftMs < 0 : error.kind !== 'broken' || failures >= limits.storeAttempts;
      if (isHopeless) throw error;
      this.trouble = error;
      const { retryAfterMs } = error;
      if (retryAfterMs !== null && retryAfterMs > leftMs) throw notInTime(error, retryAfterMs);
      await pause(Math.max(retryAfterMs ?? 0, pauseMs(failures)), signal);
    }
  }

  async #once<T>(
    act: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ readonly value: T } | { readonly error: StoreError }> {
    if (this.#running >= this.#allowed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    const began = performance.now();
    try {
      signal.throwIfAborted();
      const value = await act();
      this.#succeeded(performance.now() - began);
      return { value };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof StoreError)) throw error;
      if (error.kind === 'busy') this.#slowDown(began);
      return { error };
    } finally {
      this.#running -= 1;
      this.#wakeNext();
    }
  }

  #succeeded(tookMs: number): void {
    this.#lastSuccess = performance.now();
    this.trouble = null;
    if (tookMs > limits.storeSlowMs) this.#allowed = Math.max(1, this.#allowed - 1);
    // One more for each success, or, once the store was busy, for each round of them.
    else if (tookMs < limits.storeQuickMs)
      this.#allowed = Math.min(
        this.most,
        this.#allowed + (this.#wasBusy ? 1 / Math.floor(this.#allowed) : 1),
      );
  }

  /** Once for all requests that were on their way together. */
  #slowDown(began: number): void {
    if (began < this.#lastSlowDown) return;
    this.#wasBusy = true;
    this.#lastSlowDown = performance.now();
    this.#allowed = Math.max(1, this.#allowed / 2);
  }

  #wakeNext(): void {
    while (this.#running < Math.floor(this.#allowed)) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#running += 1;
      next();
    }
  }
}

/** It wants to be left alone for longer than anybody waits. */
function notInTime(cause: StoreError, retryAfterMs: number): StoreError {
  const seconds = Math.ceil(retryAfterMs / 1000);
  const clause = `it wants to be asked again in ${seconds} s`;
  return new StoreError(cause.kind, `${cause.message}: ${clause}`, { cause, retryAfterMs });
}

function pauseMs(failures: number): number {
  const longest = Math.min(limits.storeRetryMaxMs, limits.storeRetryFirstMs * 2 ** (failures - 1));
  return longest * (0.5 + Math.random() / 2);
}
