import { limits } from '../base/limits.ts';

let windowEnd = 0;
let left = 0;

/**
 * Takes one event from the budget of all watches together. libuv reads events until there are none, and returns to
 * nothing else meanwhile: a job that makes them faster than they are read would stop every timer and signal.
 *
 * @returns false when the budget of this second is used up: the watch has to be closed
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
