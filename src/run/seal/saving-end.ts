import { limits } from '../../base/limits.ts';
import { afterRunning, type Timer } from '../../base/timer.ts';

const graceIsOver = 'the grace was over';

/**
 * When saving has to end: by what would have stopped the job, once its process has ended, and before the grace is over
 * where the job was stopped by somebody who KILLs the container then.
 */
export class SavingEnd {
  readonly #end = new AbortController();
  #time: Timer | null = null;
  #isTimeUp = false;
  #hasEnded = false;

  /** Aborted when it has to; its reason is a sentence. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Whether the job's process has ended: what comes now is for the saving. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @param why a sentence */
  stop(why: string): void {
    this.#end.abort(why);
  }

  /** The job was asked to stop: it has so many ms. */
  graceBegins(graceMs: number): void {
    const reserve = Math.min(limits.savingReserveMs, graceMs * limits.savingReserveShare);
    this.#time ??= afterRunning(graceMs - reserve, () => {
      this.#isTimeUp = true;
      if (this.#hasEnded) this.#end.abort(graceIsOver);
    });
  }

  /** @param isBounded whether all is over with the grace */
  jobEnded(isBounded: boolean): void {
    this.#hasEnded = true;
    if (!isBounded) this.#time?.cancel();
    else if (this.#isTimeUp) this.#end.abort(graceIsOver);
  }
}
