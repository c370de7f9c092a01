import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Step, TimedSteps } from '../../../src/wait/timed-steps.ts';

test('steps that were due before this process ran keep their distance', async () => {
  const { taken, late } = await take(20_000, [0, 80, 160]);
  assert.equal(taken.length, 3);
  const [first = 0, second = 0, third = 0] = taken;
  // The first step may have been a little late.
  assert.ok(second - first >= 40 && third - second >= 40, String(taken));
  assert.deepEqual([late.length, late.every((ms) => ms >= 20_000)], [1, true], String(late));
});

test('steps are not delayed by what a busy machine is late', async () => {
  const { taken, late } = await take(500, [0, 80, 160]);
  assert.deepEqual([taken.length, late], [3, []]);
});

/** Takes steps at these distances, in ms, of which the first was due some time ago. @returns when they were taken */
function take(agoMs: number, distances: readonly number[]): Promise<{ taken: number[]; late: number[] }> {
  return new Promise((resolve) => {
    const [taken, late]: [number[], number[]] = [[], []];
    const from = Date.now() - agoMs;
    const steps = distances.map((distance): Step => {
      const act = (): void => {
        if (taken.push(performance.now()) === distances.length) resolve({ taken, late });
      };
      return [from + distance, act];
    });
    new TimedSteps(steps, from, (ms) => late.push(ms));
  });
}
