import { terminateSignal } from '../base/signal-names.ts';
import { catchSignals } from '../kernel/signals.ts';

const hangUp = 1;
const interrupt = 2;
const quit = 3;

/** Requests to stop that come to the sidecar itself, as a signal. One that comes before anybody listens is kept. */
export class StopRequests {
  #listener: (() => void) | null = null;
  #kept = false;
  readonly #early = new AbortController();

  /**
   * Catches from now on, until the process ends.
   * @param ignored signals that it was started with ignored: under `nohup`, a terminal that is closed stops no job
   */
  constructor(ignored: readonly number[]) {
    const ofTerminal = [hangUp, quit].filter((signal) => !ignored.includes(signal));
    catchSignals([interrupt, terminateSignal, ...ofTerminal], () => {
      if (this.#listener !== null) return this.#listener();
      this.#kept = true;
      this.#early.abort();
    });
  }

  /** Aborted by a request that comes before anybody listens. */
  get early(): AbortSignal {
    return this.#early.signal;
  }

  /** Hands every request to this listener from now on. */
  listen(listener: () => void): void {
    this.#listener = listener;
    if (this.#kept) listener();
    this.#kept = false;
  }
}
