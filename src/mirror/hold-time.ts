import { after, type Timer } from '../base/timer.ts';

/** How long a volume is held. */
interface HoldLimits {
  /** From the job's end, in ms. */
  readonly holdMs: number;
  /** From a request to stop, in ms: the container is killed after it. */
  readonly graceMs: number;
}

/** The time for which a volume is held that nobody takes. */
export class HoldTime {
  readonly #limits: HoldLimits;
  readonly #onOver: (sentence: string) => void;
  #end: Timer | null = null;
  #stop: Timer | null = null;

  /** @param onOver called when the time is over, with a sentence that tells which */
  constructor(limits: HoldLimits, onOver: (sentence: string) => void) {
    this.#limits = limits;
    this.#onOver = onOver;
  }

  jobEnded(): void {
    const { holdMs } = this.#limits;
    this.#end ??= after(holdMs, () =>
      this.#onOver(`Nobody took the job's results within ${holdMs / 1000} s after its end`),
    );
  }

  /** A request to stop; the second one ends the time at once. */
  requested(): void {
    const over = () => this.#onOver("Stopped before anybody took the job's results");
    if (this.#stop !== null) return over();
    this.#stop = after(this.#limits.graceMs, over);
  }

  cancel(): void {
    this.#end?.cancel();
    this.#stop?.cancel();
  }
}
