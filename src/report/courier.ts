import { sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { say } from '../base/log.ts';
import { DeliveryError, type Progress, type Sink } from './sink.ts';

/** How delivery to one sink ended: null when everything was delivered, else a sentence. */
export type Delivered = string | null;

/**
 * Keeps one sink up to date while the job runs, and until everything is delivered, whatever fails in between: pauses
 * that double, with jitter, within the time that is left. A permanent failure ends it at once.
 */
export class Courier {
  readonly #sink: Sink;
  readonly #progress: Progress;
  readonly #finished: Promise<Delivered>;
  #wake: () => void = () => undefined;
  #awake = true;
  /** Ms of a monotonic clock; nothing is tried again later than this. */
  #giveUpAt = Number.POSITIVE_INFINITY;

  constructor(sink: Sink, progress: Progress) {
    this.#sink = sink;
    this.#progress = progress;
    this.#finished = this.#run();
  }

  /** Something new is to be delivered. */
  wake(): void {
    this.#awake = true;
    this.#wake();
  }

  /** The job has ended: what is left must be delivered within this time. */
  async finish(budgetMs: number): Promise<Delivered> {
    this.#giveUpAt = performance.now() + budgetMs;
    this.wake();
    const outcome = await this.#finished;
    await this.#sink.close().catch(() => undefined); // It is of no further use, and its failure of no interest.
    return outcome;
  }

  async #run(): Promise<Delivered> {
    const told = new Set<string>();
    let failures = 0;
    for (;;) {
      this.#awake = false;
      const last = this.#progress.report !== null;
      try {
        for (const sentence of await this.#sink.deliver(this.#progress)) tellOnce(sentence, told);
        if (failures > 0) say(`${this.#sink.name} is there again`);
        failures = 0;
        if (last) return null;
        if (!this.#awake) await this.#sleep(null);
      } catch (error) {
        const failure = asDeliveryError(error);
        failures += 1;
        if (failure.permanent) return this.#failed(failure.message);
        const pauseMs = Math.max(failure.retryAfterMs ?? 0, backOff(failures));
        if (performance.now() + pauseMs > this.#giveUpAt) return this.#failed(failure.message);
        if (failures === 1) say(`${failure.message}; trying again`);
        await this.#sleep(pauseMs);
      }
    }
  }

  #failed(sentence: string): string {
    say(sentence);
    return sentence;
  }

  /** Waits for something new, or for a pause to be over; a pause is cut short only by the end of the job. */
  #sleep(pauseMs: number | null): Promise<void> {
    const ended = this.#progress.report !== null;
    return new Promise((resolve) => {
      const timer = pauseMs === null ? null : setTimeout(resolve, pauseMs);
      this.#wake = () => {
        if (pauseMs !== null && (ended || this.#progress.report === null)) return;
        if (timer !== null) clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The pause before the n-th repetition, in ms: doubled each time, and anywhere in its upper half. */
export function backOff(failures: number, random = Math.random): number {
  const longest = Math.min(limits.retryLastMs, limits.retryFirstMs * 2 ** (failures - 1));
  return longest * (0.5 + random() / 2);
}

function asDeliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const trace = error instanceof Error ? (error.stack ?? error.message) : sentenceOf(error);
  return new DeliveryError(`Cannot report the job, because of a defect: ${trace}`, {
    permanent: true,
    cause: error,
  });
}

function tellOnce(sentence: string, told: Set<string>): void {
  if (told.has(sentence)) return;
  told.add(sentence);
  say(sentence);
}
