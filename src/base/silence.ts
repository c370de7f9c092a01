import { afterRunning, type Timer } from './timer.ts';

/** Checks in the time after which silence counts. */
const checks = 5;

/** Calls back once nothing was heard for a time in which this process was running. Hearing something costs nothing. */
export class Silence {
  readonly #stepMs: number;
  readonly #onSilence: () => void;
  #silentSteps = 0;
  #timer: Timer;

  constructor(ms: number, onSilence: () => void) {
    this.#stepMs = ms / checks;
    this.#onSilence = onSilence;
    this.#timer = afterRunning(this.#stepMs, () => this.#check());
  }

  heard(): void {
    this.#silentSteps = 0;
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #check(): void {
    this.#silentSteps += 1;
    if (this.#silentSteps > checks) return this.#onSilence();
    this.#timer = afterRunning(this.#stepMs, () => this.#check());
  }
}
