import { DeliveryError } from '../base/delivery-error.ts';
import { messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { after, pauseFor } from '../base/timer.ts';
import type { JobReport } from '../observe/job-report.ts';
import { backOffMs } from './back-off.ts';
import { DeliveryTime } from './delivery-time.ts';
import type { Progress, Sink } from './sink.ts';

/** How delivery to one sink ended: null when everything was delivered, else a sentence. */
export type Delivered = string | null;

/**
 * Keeps one sink up to date while the job runs, and until everything is delivered, whatever fails in between: pauses
 * that double, with jitter, within the time that is left. A permanent failure ends it at once.
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
  readonly #told = new Set<string>();
  readonly #tooLate: Promise<Delivered>;

  constructor(sink: Sink, progress: Progress) {
    this.sink = sink;
    this.#progress = progress;
    const overdue = `${sink.name} was not brought up to date in time`;
    const { promise, resolve } = Promise.withResolvers<Delivered>();
    const tooLate = () => resolve(this.#failed(this.#lastFailure ?? sink.unfinished ?? overdue));
    this.#time = new DeliveryTime(() => this.#prioritizeEnd(), tooLate);
    this.#tooLate = promise;
    this.#finished = this.#run();
  }

  /** Something new is to be delivered. */
  wake(): void {
    this.#awake = true;
    this.#wake();
  }

  /**
   * The job has ended: delivers what is left. It is given up when nothing gets through for `patienceMs`, and after
   * `limitMs` in any case.
   */
  async finish(patienceMs: number, limitMs: number): Promise<Delivered> {
    this.#time.limitPatience(patienceMs);
    this.limit(limitMs);
    this.wake();
    // What failed for good while the job ran gets one more try: somebody may have put it right.
    if (this.#hasFailed) this.#finished = this.#run();
    const outcome = await Promise.race([this.#finished, this.#tooLate]);
    this.#over = true;
    this.#time.stop();
    // Where the time is over, so is politeness: a pod is killed when its grace is.
    const closeMs = Math.min(limits.closeMs, Math.max(0, this.#time.leftMs));
    await Promise.race([this.sink.close().catch(noInterest), pauseFor(closeMs)]);
    return outcome;
  }

  /** Nothing is tried any more after this time from now; a limit that was set before is only ever brought nearer. */
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
        if (!(await this.#goesOnAfter(failure, last))) return this.#failed(failure.message);
        continue;
      }
      if (this.#failures > 0) log(`${this.sink.name} can be written to again`);
      this.#failures = 0;
      this.#lastFailure = null;
      if (last && !this.#isCorrected(report)) return null;
      if (!this.#awake) await this.#sleep(null);
    }
    return this.#lastFailure;
  }

  /** What was delivered may not be the last word any more. */
  #isCorrected(delivered: JobReport | null): boolean {
    const isCorrected = delivered !== this.#progress.report;
    if (isCorrected) this.#awake = true;
    return isCorrected;
  }

  /**
   * Pauses after a failure.
   * @param last whether it was known how the job ended
   * @returns false when trying again is of no use, or there is no time for it
   */
  async #goesOnAfter(failure: DeliveryError, last: boolean): Promise<boolean> {
    this.#failures += 1;
    this.#lastFailure = failure.message;
    const pauseMs = Math.max(failure.retryAfterMs ?? 0, backOffMs(this.#failures, this.#time.leftMs));
    if (failure.permanent || pauseMs > this.#time.leftMs) {
      // Where the job has ended meanwhile, its end is not to go down with a line that could not be stored.
      return !last && this.#progress.report !== null;
    }
    if (this.#failures === 1) log(`${failure.message}; trying again`);
    await this.#sleep(pauseMs);
    return true;
  }

  async #attempt(): Promise<DeliveryError | null> {
    try {
      for (const sentence of await this.sink.deliver(this.#progress, this.#advanced))
        this.#tellOnce(sentence);
      return null;
    } catch (error) {
      return asDeliveryError(error);
    }
  }

  readonly #advanced = (): boolean => {
    this.#time.advance();
    // It is not what keeps it any more.
    this.#lastFailure = null;
    return !this.#over;
  };

  #tellOnce(sentence: string): void {
    if (this.#told.has(sentence)) return;
    this.#told.add(sentence);
    log(sentence);
  }

  #failed(sentence: string): string {
    this.#hasFailed = true;
    this.#tellOnce(sentence);
    return sentence;
  }

  /** Waits for something new, or for a pause to be over; a pause is cut short only by the end of the job. */
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
  return new DeliveryError(`Cannot report the job, because of a defect: ${trace}`, {
    permanent: true,
    cause: error,
  });
}

function noInterest(): void {
  // The sink is of no further use, and so is the failure to close it.
}
