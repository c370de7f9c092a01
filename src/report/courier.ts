import { sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { say } from '../base/log.ts';
import { after, pauseFor, type Timer } from '../base/timer.ts';
import { DeliveryError, type Progress, type Sink } from './sink.ts';

/** How delivery to one sink ended: null when everything was delivered, else a sentence. */
export type Delivered = string | null;

/**
 * Keeps one sink up to date while the job runs, and until everything is delivered, whatever fails in between: pauses
 * that double, with jitter, within the time that is left. A permanent failure ends it at once.
 */
export class Courier {
  readonly sink: Sink;
  readonly #progress: Progress;
  #finished: Promise<Delivered>;
  #wake: () => void = () => undefined;
  #awake = true;
  /** How long it may go on without getting anywhere, ms. */
  #patienceMs = Number.POSITIVE_INFINITY;
  /** Ms of a monotonic clock: the last time that something was delivered, and the end of all tries. */
  #advancedAt = performance.now();
  #endsAt = Number.POSITIVE_INFINITY;
  #limitTimer: Timer | null = null;
  #hastenTimer: Timer | null = null;
  #over = false;
  #hasFailed = false;
  #failures = 0;
  #lastFailure: Delivered = null;
  readonly #told = new Set<string>();
  readonly #tooLate: Promise<Delivered>;
  #expire: (sentence: string) => void = () => undefined;

  constructor(sink: Sink, progress: Progress) {
    this.sink = sink;
    this.#progress = progress;
    this.#tooLate = new Promise((resolve) => {
      this.#expire = (sentence) => resolve(this.#failed(this.#lastFailure ?? sentence));
    });
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
    this.#patienceMs = patienceMs;
    this.#advancedAt = performance.now();
    this.#watchTime();
    this.limit(limitMs);
    this.wake();
    // What failed for good while the job ran gets one more try: somebody may have put it right.
    if (this.#hasFailed) this.#finished = this.#run();
    const outcome = await Promise.race([this.#finished, this.#tooLate]);
    this.#over = true;
    this.#limitTimer?.cancel();
    this.#hastenTimer?.cancel();
    await Promise.race([this.sink.close().catch(noInterest), pauseFor(limits.closeMs)]);
    return outcome;
  }

  /** Nothing is tried any more after this time from now; a limit that was set before is only ever brought nearer. */
  limit(limitMs: number): void {
    const endsAt = performance.now() + limitMs;
    if (endsAt >= this.#endsAt) return;
    this.#endsAt = endsAt;
    this.#watchTime();
    this.#hastenTimer?.cancel();
    const lastMs = Math.min(limitMs / 3, limits.lastThingsMs);
    this.#hastenTimer = after(limitMs - lastMs, () => this.sink.hasten?.());
  }

  get #giveUpAt(): number {
    return Math.min(this.#endsAt, this.#advancedAt + this.#patienceMs);
  }

  /** An exchange that hangs does not hold the program: what is left stays in the spool. */
  #watchTime(): void {
    this.#limitTimer?.cancel();
    const left = this.#giveUpAt - performance.now();
    if (left === Number.POSITIVE_INFINITY) return;
    this.#limitTimer = after(Math.max(0, left), () => {
      if (performance.now() < this.#giveUpAt) this.#watchTime();
      else this.#expire(`${this.sink.name} was not brought up to date in time`);
    });
  }

  async #run(): Promise<Delivered> {
    while (!this.#over) {
      this.#awake = false;
      const last = this.#progress.report !== null;
      const failure = await this.#attempt();
      if (this.#over) break;
      if (failure !== null) {
        if (!(await this.#goesOnAfter(failure, last))) return this.#failed(failure.message);
        continue;
      }
      if (this.#failures > 0) say(`${this.sink.name} can be written to again`);
      this.#failures = 0;
      if (last) return null;
      if (!this.#awake) await this.#sleep(null);
    }
    return this.#lastFailure;
  }

  /**
   * Pauses after a failure.
   * @param last whether it was known how the job ended
   * @returns false when trying again is of no use, or there is no time for it
   */
  async #goesOnAfter(failure: DeliveryError, last: boolean): Promise<boolean> {
    this.#failures += 1;
    this.#lastFailure = failure.message;
    const pauseMs = Math.max(failure.retryAfterMs ?? 0, backOff(this.#failures));
    if (failure.permanent || performance.now() + pauseMs > this.#giveUpAt) {
      // Where the job has ended meanwhile, its end is not to go down with a line that could not be stored.
      return !last && this.#progress.report !== null;
    }
    if (this.#failures === 1) say(`${failure.message}; trying again`);
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

  readonly #advanced = (): void => {
    this.#advancedAt = performance.now();
  };

  #tellOnce(sentence: string): void {
    if (this.#told.has(sentence)) return;
    this.#told.add(sentence);
    say(sentence);
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
      this.#wake = () => {
        if (pauseMs !== null && (ended || this.#progress.report === null)) return;
        timer?.cancel();
        resolve();
      };
    });
  }
}

/** The pause before the n-th repetition, in ms: doubled each time, and anywhere in its upper half. */
function backOff(failures: number): number {
  const longest = Math.min(limits.retryLastMs, limits.retryFirstMs * 2 ** (failures - 1));
  return longest * (0.5 + Math.random() / 2);
}

function asDeliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const trace = error instanceof Error ? (error.stack ?? error.message) : sentenceOf(error);
  return new DeliveryError(`Cannot report the job, because of a defect: ${trace}`, {
    permanent: true,
    cause: error,
  });
}

function noInterest(): void {
  // The sink is of no further use, and so is the failure to close it.
}
