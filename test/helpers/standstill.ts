import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';

const tickMs = 20;

/**
 * Measures from now on how long this process is not scheduled: the machine stands still, or is busy. The processes beside
 * it are not scheduled either, so that their delay is not a failure.
 * @returns a function that returns the total so far, ms
 */
export function standstill(t: TestContext): () => number {
  let [lost, last] = [0, performance.now()];
  const look = () => {
    const now = performance.now();
    lost += Math.max(0, now - last - tickMs);
    last = now;
    return lost;
  };
  const timer = setInterval(look, tickMs);
  atEnd(t, () => clearInterval(timer));
  return look;
}
