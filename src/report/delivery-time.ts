import { limits } from '../base/limits.ts';
import { after, type Timer } from '../base/timer.ts';

/**
 * The time that a delivery has, by a monotonic clock: it is over when nothing was delivered for as long as patience
 * lasts, and at a limit in any case. Before that, it is nearly over.
 */
export class DeliveryTime {
  readonly #onNearlyOver: () => void;
  readonly #onOver: () => void;
  /** Ms; patience begins anew with everything that is delivered. */
  #patienceMs = Number.POSITIVE_INFINITY;
  #advancedAt = performance.now();
  #endsAt = Number.POSITIVE_INFINITY;
  /** Ms that either keeps for what matters most. */
  #lastOfPatienceMs = 0;
  #lastOfLimitMs = 0;
  #isNearlyOver = false;
  #timer: Timer | null = null;

  /** Each is called once at the most. */
  constructor(onNearlyOver: () => void, onOver: () => void) {
    this.#onNearlyOver = onNearlyOver;
    this.#onOver = onOver;
  }

  /** Ms until nothing is tried any more. */
  get leftMs(): number {
    return Math.min(this.#endsAt, this.#advancedAt + this.#patienceMs) - performance.now();
  }

  /** Something was delivered. */
  advance(): void {
    this.#advancedAt = performance.now();
  }

  /** From now on nothing may be delivered for so long, and no longer. */
  limitPatience(patienceMs: number): void {
    this.#patienceMs = patienceMs;
    this.#lastOfPatienceMs = lastOf(patienceMs);
    this.advance();
    this.#watch();
  }

  /** It is over in so many ms; a limit that was set before is only ever brought nearer. */
  limit(limitMs: number): void {
    const endsAt = performance.now() + limitMs;
    if (endsAt >= this.#endsAt) return;
    this.#endsAt = endsAt;
    this.#lastOfLimitMs = lastOf(limitMs);
    this.#watch();
  }

  /** Neither is called any more. */
  stop(): void {
    this.#timer?.cancel();
  }

  #watch(): void {
    this.#timer?.cancel();
    const ms = this.#isNearlyOver ? this.leftMs : this.#untilNearlyOver;
    if (ms === Number.POSITIVE_INFINITY) return;
    this.#timer = after(Math.max(0, ms), () => {
      if (this.leftMs <= 0) return this.#onOver();
      if (!this.#isNearlyOver && this.#untilNearlyOver <= 0) {
        this.#isNearlyOver = true;
        this.#onNearlyOver();
      }
      this.#watch();
    });
  }

  get #untilNearlyOver(): number {
    const byLimit = this.#endsAt - this.#lastOfLimitMs;
    const byPatience = this.#advancedAt + this.#patienceMs - this.#lastOfPatienceMs;
    return Math.min(byLimit, byPatience) - performance.now();
  }
}

function lastOf(ms: number): number {
  return Math.min(ms / 2, limits.lastThingsMs);
}
