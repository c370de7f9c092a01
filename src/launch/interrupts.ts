import { constants } from 'node:os';
import { limits } from '../base/limits.ts';
import { catchSignals, unblockSignals } from '../kernel/signals.ts';

/** TERM counts like Ctrl-C; HUP and QUIT come from a terminal. Names without `SIG`. */
const signals = ['INT', 'TERM', 'HUP', 'QUIT'] as const;
type SignalName = (typeof signals)[number];

/** What the person wants who presses Ctrl-C once, twice, three times. */
export type Wish = 'stop' | 'kill' | 'give up';

/** Turns signals to the launcher into wishes: stop the job, kill it, leave at once. */
export class Interrupts {
  readonly #times: number[] = [];
  #signal: SignalName | null = null;
  #listener: ((wish: Wish, signal: SignalName) => void) | null = null;

  /** @param ignored signals that the launcher was started with ignored: under `nohup`, a closed terminal stops no job */
  constructor(ignored: readonly number[]) {
    const byNumber = new Map(signals.map((name) => [constants.signals[`SIG${name}`] as number, name]));
    const caught = [...byNumber.keys()].filter((number) => !ignored.includes(number));
    catchSignals(caught, (number) => this.#receive(byNumber.get(number) ?? 'TERM'));
    // The runtime waits for children by it; installed, the program starts with every signal blocked.
    unblockSignals([constants.signals.SIGCHLD]);
  }

  /** The exit status that the first signal stands for, or null when there was none. */
  get status(): number | null {
    return this.#signal === null ? null : 128 + (constants.signals[`SIG${this.#signal}`] ?? 0);
  }

  /** Hands every wish to this listener, with the name of the first signal; at once the last one, if there was one before. */
  listen(listener: (wish: Wish, signal: SignalName) => void): void {
    this.#listener = listener;
    if (this.#times.length > 0) this.#report();
  }

  #receive(signal: SignalName): void {
    const now = performance.now();
    const last = this.#times.at(-1);
    // npm, or a shell, forwards Ctrl-C to a process that has had it from the terminal already; and the parent that a
    // supervisor has sent TERM too forwards it in its own time.
    const sameMs = signal === 'INT' ? limits.samePressMs : limits.sameTermMs;
    if (last !== undefined && now - last < sameMs) return;
    this.#times.push(now);
    this.#signal ??= signal;
    this.#report();
  }

  #report(): void {
    const wish = (['stop', 'kill'] as const)[this.#times.length - 1] ?? 'give up';
    this.#listener?.(wish, this.#signal ?? 'TERM');
  }
}
