import { limits } from '../base/limits.ts';
import { after, type Timer } from '../base/timer.ts';

/** An action and its time, ms since 1970. */
export type Step = readonly [time: number, act: () => void];

/**
 * Takes steps one after the other, each at its time. Time during which this process stood still (SIGSTOP, a frozen cgroup)
 * counts for nobody: if a step is late, all later steps are delayed by as much.
 */
export class TimedSteps {
  readonly #onLate: (ms: number) => void;
  #next: Timer | null = null;

  /**
   * @param since the time that this process knows to have run from: a step that was due before it is late
   * @param onLate called with the delay, in ms, when a step is late
   */
  constructor(steps: readonly Step[], since: number, onLate: (ms: number) => void) {
    this.#onLate = onLate;
    this.#take(
      steps.toSorted(([one], [other]) => one - other),
      this.#lost(Date.now() - since),
    );
  }

  cancel(): void {
    this.#next?.cancel();
  }

  /** @param shiftMs by how much all of them are delayed */
  #take([first, ...others]: readonly Step[], shiftMs: number): void {
    if (first === undefined) return;
    const [time, act] = first;
    const waitMs = Math.max(0, time + shiftMs - Date.now());
    const due = performance.now() + waitMs;
    this.#next = after(waitMs, () => {
      this.#take(others, shiftMs + this.#lost(performance.now() - due));
      act();
    });
  }

  /** How much of a delay is a standstill, ms. */
  #lost(lateMs: number): number {
    if (lateMs <= limits.standstillMs) return 0;
    this.#onLate(lateMs);
    return lateMs;
  }
}
