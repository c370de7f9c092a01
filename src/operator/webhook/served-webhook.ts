import type { LedCluster } from '../leadership.ts';
import type { Webhook } from './webhook.ts';

/** A webhook that is being started beside the operator's other work. */
export class ServedWebhook {
  readonly #webhook: Promise<Webhook | null>;
  #isServed = false;

  /** @param webhook null: there is none */
  constructor(webhook: Promise<Webhook | null>) {
    this.#webhook = webhook;
    webhook.then(
      () => {
        this.#isServed = true;
      },
      () => undefined,
    );
  }

  /** Whether it can be asked, or there is none. */
  get isServed(): boolean {
    return this.#isServed;
  }

  /** Rejects if it cannot be served at all; never resolves. */
  get failed(): Promise<never> {
    return this.#webhook.then(() => new Promise<never>(() => undefined));
  }

  /** Tells of pods that it has missed, until the signal is aborted. */
  async tellMissed(led: LedCluster, signal: AbortSignal): Promise<void> {
    await (await this.#webhook)?.tellMissed(led, signal);
  }

  /** Serves on until the API server asks the others, and ends. */
  async close(): Promise<void> {
    await (await this.#webhook.catch(() => null))?.close();
  }
}
