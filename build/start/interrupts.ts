import { constants } from 'node:os';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
/** npm passes Ctrl-C on to a process that the terminal has already told, ms: two signals so close are one. */
const samePressMs = 400;

/** What the person wants who presses Ctrl-C once, twice, three times. */
export type Wish = 'stop' | 'kill' | 'give up';

/** Turns signals to `npm start` into wishes: ask the job to stop, kill it, leave at once. */
export class Interrupts {
  readonly #first = new AbortController();
  readonly #times: number[] = [];
  #signal: (typeof signals)[number] | null = null;
  #listener: (wish: Wish, signal: string) => void = () => undefined;
  readonly #receive = (signal: NodeJS.Signals) => this.#press(signal as (typeof signals)[number]);

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

  /** Hears of every wish; at once of the last one, if there was one before. `signal` is its name without `SIG`. */
  listen(listener: (wish: Wish, signal: string) => void): void {
    this.#listener = listener;
    if (this.#times.length > 0) this.#tell();
  }

  /** Signals have their ordinary effect again. */
  close(): void {
    for (const signal of signals) process.off(signal, this.#receive);
  }

  #press(signal: (typeof signals)[number]): void {
    const now = performance.now();
    const last = this.#times.at(-1);
    if (last !== undefined && now - last < samePressMs) return;
    this.#times.push(now);
    this.#signal ??= signal;
    this.#first.abort();
    this.#tell();
  }

  #tell(): void {
    const wish = (['stop', 'kill'] as const)[this.#times.length - 1] ?? 'give up';
    this.#listener(wish, (this.#signal ?? 'SIGTERM').slice('SIG'.length));
  }
}
