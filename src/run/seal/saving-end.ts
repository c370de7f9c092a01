import { limits } from '../../base/limits.ts';
import { afterRunning, type Timer } from '../../base/timer.ts';

const graceIsOver = 'the grace period was over';

/**
 * When saving has to end: on anything that would have stopped the job, once its process has exited; and before the
 * grace ends, if whoever stopped the job will then kill the container.
 */
export class SavingEnd {
  readonly #end = new AbortController();
  #time: Timer | null = null;
  #isTimeUp = false;
  #hasEnded = false;

  /** Aborted when saving has to end; its reason is a phrase for messages. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Whether the job's process has exited: a stop now concerns the saving. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @param why a phrase for messages */
  stop(why: string): void {
    this.#end.abort(why);
  }

  /** The job is being stopped and has this many ms. */
  graceBegins(graceMs: number): void {
    const reserve = Math.min(limits.savingReserveMs, graceMs * limits.savingReserveShare);
    this.#time ??= afterRunning(graceMs - reserve, () => {
      this.#isTimeUp = true;
      if (this.#hasEnded) this.#end.abort(graceIsOver);
    });
  }

  /** @param isBounded whether the container is killed when the grace ends */
  jobEnded(isBounded: boolean): void {
    this.#hasEnded = true;
    if (!isBounded) this.#time?.cancel();
    else if (this.#isTimeUp) this.#end.abort(graceIsOver);
  }
}
