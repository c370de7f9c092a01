/** Lets few work at once; the others wait for their turn, in order. */
export class Turns {
  #left: number;
  readonly #waiting = new Set<() => void>();

  /** @param most who work at the same time */
  constructor(most: number) {
    this.#left = most;
  }

  /** Works when it is its turn. @throws the signal's reason, if it is aborted before; what the work throws */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#left > 0) {
      this.#left -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const givenUp = () => {
      this.#waiting.delete(resolve);
      reject(signal.reason);
    };
    this.#waiting.add(resolve);
    signal.addEventListener('abort', givenUp, { once: true });
    await promise.finally(() => signal.removeEventListener('abort', givenUp));
  }

  /** Whoever waits takes the turn over. */
  #pass(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#left += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
