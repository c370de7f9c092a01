import { terminateSignal } from '../base/signal-names.ts';
import { catchSignals } from '../kernel/signals.ts';

const hangUp = 1;
const interrupt = 2;
const quit = 3;

/** Stop signals to the reporter itself. One that arrives before there is a listener is kept. */
export class StopRequests {
  #listener: (() => void) | null = null;
  #kept = false;
  readonly #early = new AbortController();

  /**
   * Catches signals from now on, until the process exits.
   * @param ignored signals that were ignored at its start: under `nohup`, closing the terminal must not stop the job
   */
  constructor(ignored: readonly number[]) {
    const ofTerminal = [hangUp, quit].filter((signal) => !ignored.includes(signal));
    catchSignals([interrupt, terminateSignal, ...ofTerminal], () => {
      if (this.#listener !== null) return this.#listener();
      this.#kept = true;
      this.#early.abort();
    });
  }

  /** Aborted by a request that arrives before there is a listener. */
  get early(): AbortSignal {
    return this.#early.signal;
  }

  /** Forwards every request to this listener from now on. */
  listen(listener: () => void): void {
    this.#listener = listener;
    if (this.#kept) listener();
    this.#kept = false;
  }
}
