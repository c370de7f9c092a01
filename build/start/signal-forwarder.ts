import { constants } from 'node:os';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
type Signal = (typeof signals)[number];

/** Forwards the signals to `npm start`: they are for the job. `launch` takes two that are close for one. */
export class SignalForwarder {
  readonly #first = new AbortController();
  #signal: Signal | null = null;
  #target: (signal: Signal) => void = () => undefined;
  readonly #receive = (signal: NodeJS.Signals) => {
    this.#signal ??= signal as Signal;
    this.#first.abort();
    this.#target(signal as Signal);
  };

  constructor() {
    for (const signal of signals) process.on(signal, this.#receive);
  }

  /** Aborted by the first signal: for what may simply end. */
  get first(): AbortSignal {
    return this.#first.signal;
  }

  /** The exit status that the first signal stands for, or null when there was none. */
  get status(): number | null {
    return this.#signal === null ? null : 128 + constants.signals[this.#signal];
  }

  /** Every signal goes there from now on; the first one at once, if it has come already. */
  forwardTo(target: (signal: Signal) => void): void {
    this.#target = target;
    if (this.#signal !== null) target(this.#signal);
  }

  /** Signals have their ordinary effect again. */
  close(): void {
    for (const signal of signals) process.off(signal, this.#receive);
  }
}
