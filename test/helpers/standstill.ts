import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';

const tickMs = 20;

/**
 * Measures from now on how long this process gets no turn: the machine stands still, or is busy with others. What is
 * beside it gets none either, so that what that does late is not its fault.
 * @returns how long that was in all until it is asked, ms
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
