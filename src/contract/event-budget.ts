import { limits } from '../base/limits.ts';

let windowEnd = 0;
let left = 0;

/**
 * Takes one event from the budget that all watches share. libuv reads events until there are none and does nothing
 * else meanwhile: a job that creates them faster than they are read would block every timer and signal.
 *
 * @returns false if the budget of this window is used up: the watch must be closed
 */
export function spendEvent(): boolean {
  const now = performance.now();
  if (now >= windowEnd) {
    windowEnd = now + limits.watchWindowMs;
    left = limits.watchEvents;
  }
  left -= 1;
  return left >= 0;
}
