import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Running } from './emissary.ts';
import { seeded } from './seeded.ts';
import type { TcpFront } from './tcp-front.ts';
import { until } from './until.ts';

const lines = 3_000;
const longestPauseMs = 300;

/** A script that prints numbered lines for some seconds, and exits with 21. */
export const numberedLines = `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i"; [ $((i % 500)) -eq 0 ] && sleep 1; done; exit 21`;

/** All that it prints. */
export const allLines = Array.from({ length: lines }, (_, index) => `line ${index + 1}\n`).join('');

/** Cuts all connections at random moments, while a launch shows the output of its job. */
export async function cutConnections(
  t: TestContext,
  running: Running,
  front: Pick<TcpFront, 'cut'>,
  cuts: number,
) {
  const random = seeded(t);
  await until('the job runs', () => running.stdout().length > 0);
  for (let cut = 0; cut < cuts && running.process.exitCode === null; cut += 1) {
    await pause(random.next() * longestPauseMs);
    front.cut();
  }
}
