import { after } from '../base/timer.ts';

/** Lets a loop rest until something has changed. A change while the loop works is not lost. */
export class Waker {
  #isDue = true;
  #resume: (() => void) | null = null;

  wake(): void {
    this.#isDue = true;
    this.#resume?.();
  }

  /** Resolves at the next change, or after `ms`. @returns whether there was a change */
  async rest(ms: number): Promise<boolean> {
    if (!this.#isDue) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#resume = resolve;
      const timer = after(ms, resolve);
      await promise;
      timer.cancel();
      this.#resume = null;
    }
    const wasDue = this.#isDue;
    this.#isDue = false;
    return wasDue;
  }
}
