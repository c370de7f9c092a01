import { limits } from '../../base/limits.ts';

/** Aborts a request if the server sends nothing, is too slow, or takes too long in total. */
export class MinimumPace {
  readonly #slow = new AbortController();
  readonly #timer = setInterval(() => this.#check(), limits.fetchSilenceMs);
  readonly signal: AbortSignal;
  #bytes: number | null = null;

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
    if (this.#bytes === null || this.#bytes === 0) this.#slow.abort(new Error(`no data for ${seconds} s`));
    else if (this.#bytes < limits.fetchMinBytes)
      this.#slow.abort(new Error(`too slow: only ${this.#bytes} bytes in ${seconds} s`));
    this.#bytes = 0;
  }
}
