/** Runs work in parallel, up to a limit, and handles the results in the order in which the work was started. */
export class OrderedWork {
  readonly #parallel: number;
  readonly #pending: (() => Promise<void>)[] = [];

  constructor(parallel: number) {
    this.#parallel = parallel;
  }

  /** Adds work that has started; `take` is called with its result after those of all earlier work. */
  add<T>(work: Promise<T>, take: (result: T) => void): void {
    // A failure is handled at its turn; until then it must not count as unhandled.
    work.catch(() => undefined);
    this.#pending.push(async () => take(await work));
  }

  /** True if no more work should be added before `throttle`. */
  get busy(): boolean {
    return this.#pending.length >= this.#parallel;
  }

  /** Handles results until more work can be added. Rejects with the first failure. */
  async throttle(): Promise<void> {
    while (this.busy) await this.#pending.shift()?.();
  }

  /** Handles all results. */
  async drain(): Promise<void> {
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) await next();
  }
}
