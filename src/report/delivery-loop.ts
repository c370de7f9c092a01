import { DeliveryError } from '../base/delivery-error.ts';
import { messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { after, pauseFor } from '../base/timer.ts';
import type { JobReport } from '../observe/job-report.ts';
import { backOffMs } from './back-off.ts';
import { DeliveryTime } from './delivery-time.ts';
import type { Progress, Sink } from './sink.ts';

/** How delivery to one sink ended: null if everything was delivered, otherwise a sentence. */
export type Delivered = string | null;

/**
 * Keeps one sink up to date while the job runs, and until everything is delivered. After a failure it retries with
 * exponential back-off and jitter, within the remaining time. A permanent failure ends it at once.
 */
export class DeliveryLoop {
  readonly sink: Sink;
  readonly #progress: Progress;
  #finished: Promise<Delivered>;
  #wake: () => void = () => undefined;
  #endPause: () => void = () => undefined;
  #awake = true;
  readonly #time: DeliveryTime;
  #over = false;
  #hasFailed = false;
  #failures = 0;
  #lastFailure: Delivered = null;
  readonly #logged = new Set<string>();
  readonly #tooLate: Promise<Delivered>;

  constructor(sink: Sink, progress: Progress) {
    this.sink = sink;
    this.#progress = progress;
    const overdue = `${sink.name} was not updated in time`;
    const { promise, resolve } = Promise.withResolvers<Delivered>();
    const tooLate = () => resolve(this.#failed(this.#lastFailure ?? sink.unfinished ?? overdue));
    this.#time = new DeliveryTime(() => this.#prioritizeEnd(), tooLate);
    this.#tooLate = promise;
    this.#finished = this.#run();
  }

  /** To be called when there is something new to deliver. */
  wake(): void {
    this.#awake = true;
    this.#wake();
  }

  /**
   * Delivers the rest after the job has ended. It gives up when nothing gets through for `patienceMs`, and after `limitMs`
   * in any case.
   */
  async finish(patienceMs: number, limitMs: number): Promise<Delivered> {
    this.#time.limitPatience(patienceMs);
    this.limit(limitMs);
    this.wake();
    // A permanent failure while the job ran is retried once: somebody may have fixed the cause.
    if (this.#hasFailed) this.#finished = this.#run();
    const outcome = await Promise.race([this.#finished, this.#tooLate]);
    this.#over = true;
    this.#time.stop();
    // When the time is over, do not wait for a clean close: a pod is killed when its grace period is over.
    const closeMs = Math.min(limits.closeMs, Math.max(0, this.#time.leftMs));
    // The sink is no longer needed: a failure to close it does not matter.
    await Promise.race([this.sink.close().catch(() => undefined), pauseFor(closeMs)]);
    return outcome;
  }

  /** Limits the remaining time; a later limit never extends an earlier one. */
  limit(limitMs: number): void {
    this.#time.limit(limitMs);
  }

  #prioritizeEnd(): void {
    if (this.sink.prioritizeEnd === undefined) return;
    this.sink.prioritizeEnd();
    this.#endPause();
  }

  async #run(): Promise<Delivered> {
    while (!this.#over) {
      this.#awake = false;
      const { report } = this.#progress;
      const last = report !== null;
      const failure = await this.#attempt();
      if (this.#over) break;
      if (failure !== null) {
        if (!(await this.#retriesAfter(failure, last))) return this.#failed(failure.message);
        continue;
      }
      if (this.#failures > 0) log(`${this.sink.name} is available again`, 'info');
      this.#failures = 0;
      this.#lastFailure = null;
      if (last && !this.#isCorrected(report)) return null;
      if (!this.#awake) await this.#sleep(null);
    }
    return this.#lastFailure;
  }

  /** The delivered report may have been corrected meanwhile. */
  #isCorrected(delivered: JobReport | null): boolean {
    const isCorrected = delivered !== this.#progress.report;
    if (isCorrected) this.#awake = true;
    return isCorrected;
  }

  /**
   * Pauses after a failure.
   * @param last whether it was known how the job ended
   * @returns false if a retry is useless, or if there is no time for it
   */
  async #retriesAfter(failure: DeliveryError, last: boolean): Promise<boolean> {
    this.#failures += 1;
    this.#lastFailure = failure.message;
    const pauseMs = Math.max(failure.retryAfterMs ?? 0, backOffMs(this.#failures, this.#time.leftMs));
    if (failure.permanent || pauseMs > this.#time.leftMs) {
      // If the job has ended meanwhile, still deliver its end, even though a line could not be stored.
      return !last && this.#progress.report !== null;
    }
    if (this.#failures === 1) log(`${failure.message}; retrying`);
    await this.#sleep(pauseMs);
    return true;
  }

  async #attempt(): Promise<DeliveryError | null> {
    try {
      for (const sentence of await this.sink.deliver(this.#progress, this.#advanced)) this.#logOnce(sentence);
      return null;
    } catch (error) {
      return asDeliveryError(error);
    }
  }

  readonly #advanced = (): boolean => {
    this.#time.advance();
    // The last failure no longer blocks delivery.
    this.#lastFailure = null;
    return !this.#over;
  };

  #logOnce(sentence: string): void {
    if (this.#logged.has(sentence)) return;
    this.#logged.add(sentence);
    log(sentence);
  }

  #failed(sentence: string): string {
    this.#hasFailed = true;
    this.#logOnce(sentence);
    return sentence;
  }

  /** Waits for something new, or for the end of a pause; only the end of the job cuts a pause short. */
  #sleep(pauseMs: number | null): Promise<void> {
    const ended = this.#progress.report !== null;
    return new Promise((resolve) => {
      const timer = pauseMs === null ? null : after(pauseMs, resolve);
      this.#endPause = () => {
        timer?.cancel();
        resolve();
      };
      this.#wake = () => {
        if (pauseMs === null || (!ended && this.#progress.report !== null)) this.#endPause();
      };
    });
  }
}

function asDeliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const trace = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
  return new DeliveryError(`Cannot report the job because of an internal error: ${trace}`, {
    permanent: true,
    cause: error,
  });
}
