import { limits } from './limits.ts';

/** Aborts a request if the server sends nothing, is too slow, or takes too long in total. */
export class MinimumPace {
  readonly #slow = new AbortController();
  readonly #timer = setInterval(() => this.#check(), limits.fetchSilenceMs);
  readonly signal: AbortSignal;
  #bytes: number | null = null;
  /** A clause once it was given up; else null. */
  slowness: string | null = null;

  constructor(timeout: AbortSignal) {
    this.signal = AbortSignal.any([this.#slow.signal, timeout]);
  }

  /** The server has started to respond. */
  started(): void {
    this.#bytes = 0;
    this.#timer.refresh();
  }

  received(bytes: number): void {
    this.#bytes = (this.#bytes ?? 0) + bytes;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const seconds = limits.fetchSilenceMs / 1000;
    if (this.#bytes === null || this.#bytes === 0) this.#giveUp(`no data for ${seconds} s`);
    else if (this.#bytes < limits.fetchMinBytes)
      this.#giveUp(`too slow: only ${this.#bytes} bytes in ${seconds} s`);
    this.#bytes = 0;
  }

  #giveUp(slowness: string): void {
    this.slowness = slowness;
    this.#slow.abort(new Error(slowness));
  }
}
