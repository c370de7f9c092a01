import { limits } from '../base/limits.ts';
import { after, type Timer } from '../base/timer.ts';

/**
 * The time for a delivery, by a monotonic clock: it is over when nothing was delivered during the patience time, and at a
 * limit in any case. Shortly before that, it is nearly over.
 */
export class DeliveryTime {
  readonly #onNearlyOver: () => void;
  readonly #onOver: () => void;
  /** Ms; every delivery restarts the patience time. */
  #patienceMs = Number.POSITIVE_INFINITY;
  #advancedAt = performance.now();
  #endsAt = Number.POSITIVE_INFINITY;
  /** Ms that each of them reserves for the most important items. */
  #lastOfPatienceMs = 0;
  #lastOfLimitMs = 0;
  #isNearlyOver = false;
  #timer: Timer | null = null;

  /** Each callback is called at most once. */
  constructor(onNearlyOver: () => void, onOver: () => void) {
    this.#onNearlyOver = onNearlyOver;
    this.#onOver = onOver;
  }

  /** Ms until delivery is given up. */
  get leftMs(): number {
    return Math.min(this.#endsAt, this.#advancedAt + this.#patienceMs) - performance.now();
  }

  /** To be called when something was delivered. */
  advance(): void {
    this.#advancedAt = performance.now();
  }

  /** From now on, limits the time in which nothing is delivered. */
  limitPatience(patienceMs: number): void {
    this.#patienceMs = patienceMs;
    this.#lastOfPatienceMs = lastOf(patienceMs);
    this.advance();
    this.#watch();
  }

  /** Limits the remaining time, ms; a later limit never extends an earlier one. */
  limit(limitMs: number): void {
    const endsAt = performance.now() + limitMs;
    if (endsAt >= this.#endsAt) return;
    this.#endsAt = endsAt;
    this.#lastOfLimitMs = lastOf(limitMs);
    this.#watch();
  }

  /** Prevents further calls of either callback. */
  stop(): void {
    this.#timer?.cancel();
  }

  #watch(): void {
    this.#timer?.cancel();
    const ms = this.#isNearlyOver ? this.leftMs : this.#untilNearlyOver;
    if (ms === Number.POSITIVE_INFINITY) return;
    this.#timer = after(Math.max(0, ms), () => {
      if (this.#isNearlyOver && this.leftMs <= 0) return this.#onOver();
      if (!this.#isNearlyOver && this.#untilNearlyOver <= 0) this.#beginLast();
      this.#watch();
    });
  }

  /** A process that stood still, or was kept busy, beyond the end has not tried the most important items yet. */
  #beginLast(): void {
    this.#isNearlyOver = true;
    if (this.leftMs <= 0) {
      const now = performance.now();
      this.#endsAt = Math.max(this.#endsAt, now + this.#lastOfLimitMs);
      this.#advancedAt = Math.max(this.#advancedAt, now + this.#lastOfPatienceMs - this.#patienceMs);
    }
    this.#onNearlyOver();
  }

  get #untilNearlyOver(): number {
    const byLimit = this.#endsAt - this.#lastOfLimitMs;
    const byPatience = this.#advancedAt + this.#patienceMs - this.#lastOfPatienceMs;
    return Math.min(byLimit, byPatience) - performance.now();
  }
}

function lastOf(ms: number): number {
  return Math.min(ms / 2, limits.finalReserveMs);
}
