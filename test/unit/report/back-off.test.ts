import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backOffMs } from '../../../src/report/back-off.ts';

test('pauses double from 0.2 s to 5 s, with jitter in their upper half', () => {
  for (const [index, longest] of [200, 400, 800, 1_600, 3_200, 5_000, 5_000].entries()) {
    for (let round = 0; round < 100; round += 1) {
      const pauseMs = backOffMs(index + 1, Number.POSITIVE_INFINITY);
      assert.ok(pauseMs >= longest / 2 && pauseMs <= longest, `failure ${index + 1}: ${pauseMs} ms`);
    }
  }
});

test('pauses leave time for more attempts until the end', () => {
  for (const failures of [1, 5, 100, 2_000]) {
    for (let leftMs = 60_000; leftMs > 200; leftMs -= backOffMs(failures, leftMs))
      assert.ok(backOffMs(failures, leftMs) <= leftMs / 4);
  }
});

test('pauses are at least 50 ms when the time is over', () => {
  for (const leftMs of [199, 1, 0, -5]) assert.equal(backOffMs(10, leftMs), 50);
});
