import { catchSignals } from '../kernel/signals.ts';

const interrupt = 2;
const terminate = 15;

/** Requests to stop that come to the sidecar itself, as TERM or INT. One that comes before anybody listens is kept. */
export class StopRequests {
  #listener: (() => void) | null = null;
  #kept = false;

  /** Catches from now on, until the process ends. */
  constructor() {
    catchSignals([interrupt, terminate], () => {
      if (this.#listener === null) this.#kept = true;
      else this.#listener();
    });
  }

  /** Hands every request to this listener from now on. */
  listen(listener: () => void): void {
    this.#listener = listener;
    if (this.#kept) listener();
    this.#kept = false;
  }
}
