/** Work that goes on in parallel, within a bound, and whose results are taken in the order in which it was begun. */
export class InOrder {
  readonly #parallel: number;
  readonly #pending: (() => Promise<void>)[] = [];

  constructor(parallel: number) {
    this.#parallel = parallel;
  }

  /** Adds work that has begun; `take` is called with its result when all before it have been taken. */
  add<T>(work: Promise<T>, take: (result: T) => void): void {
    // A failure is met when its turn comes, which may be after it has happened.
    work.catch(() => undefined);
    this.#pending.push(async () => take(await work));
  }

  /** True when no more work should be added before `relief`. */
  get busy(): boolean {
    return this.#pending.length >= this.#parallel;
  }

  /** Takes results until there is room for more work. Rejects with the first failure. */
  async relief(): Promise<void> {
    while (this.busy) await this.#pending.shift()?.();
  }

  /** Takes all results. */
  async drain(): Promise<void> {
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) await next();
  }
}
