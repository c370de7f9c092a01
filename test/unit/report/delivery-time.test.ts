import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryTime } from '../../../src/report/delivery-time.ts';

test('a delivery that was kept busy beyond its end still tries what is most important', async () => {
  const told = await timesOf(100, 300);
  assert.deepEqual(
    told.map(([name]) => name),
    ['nearly over', 'over'],
  );
  const [[, nearly] = ['', 0], [, over] = ['', 0]] = told;
  // Half of its time.
  assert.ok(over - nearly >= 40, String(told));
});

test('a delivery in its time is told that it is nearly over, and then over', async () => {
  const told = await timesOf(100, 0);
  assert.deepEqual(
    told.map(([name]) => name),
    ['nearly over', 'over'],
  );
});

/** Limits a delivery, and keeps the process busy for a while. @returns what it was told, and when */
function timesOf(limitMs: number, busyMs: number): Promise<readonly (readonly [string, number])[]> {
  return new Promise((resolve) => {
    const told: [string, number][] = [];
    const time = new DeliveryTime(
      () => told.push(['nearly over', performance.now()]),
      () => {
        told.push(['over', performance.now()]);
        resolve(told);
      },
    );
    time.limit(limitMs);
    for (const end = performance.now() + busyMs; performance.now() < end; );
  });
}
