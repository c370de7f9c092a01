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

  /** @param onLate called with the delay, in ms, when a step is late */
  constructor(steps: readonly Step[], onLate: (ms: number) => void) {
    this.#onLate = onLate;
    this.#take(
      steps.toSorted(([one], [other]) => one - other),
      0,
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
      const lateMs = performance.now() - due;
      const lostMs = lateMs > limits.standstillMs ? lateMs : 0;
      if (lostMs > 0) this.#onLate(lostMs);
      this.#take(others, shiftMs + lostMs);
      act();
    });
  }
}
