import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../../src/launch/kubernetes/pod-state.ts';
import { leftNoWord, observePod } from '../../../src/operator/observe-pod.ts';

const begun = '2026-01-01T00:00:00Z';

/** A pod whose program was killed after some seconds, and left no word. @param metadata of the pod */
function killed(seconds: number, metadata: object = {}): Pod {
  const finishedAt = new Date(Date.parse(begun) + seconds * 1_000).toISOString();
  const message = JSON.stringify({ verdict: 'lost', message: 'Container main had not started' });
  const states = {
    main: { exitCode: 137, reason: 'Error', startedAt: begun, finishedAt },
    reporter: { exitCode: 0, message, finishedAt },
  };
  const containerStatuses = Object.entries(states).map(([name, terminated]) => ({
    name,
    state: { terminated },
  }));
  return { metadata, status: { phase: 'Failed', containerStatuses } } as unknown as Pod;
}

test('a program that was killed after it had run for long had begun: its reporter has time', () => {
  assert.deepEqual(
    [0, 5, 59, 60, 3_600].map((seconds) => leftNoWord(killed(seconds))),
    [true, true, true, false, false],
  );
});

test('a pod that is deleted after its job has failed is not told to be why', () => {
  const deleted = (at: number) => ({
    deletionTimestamp: new Date(Date.parse(begun) + at * 1_000).toISOString(),
    deletionGracePeriodSeconds: 90,
  });
  const afterwards = observePod(killed(1, deleted(181)), true);
  assert.ok(afterwards.kind === 'ended');
  assert.deepEqual(
    [afterwards.outcome.kind, afterwards.outcome.message],
    ['failed', 'Container main had not started'],
  );
  const before = observePod(killed(30, deleted(95)), true);
  assert.ok(before.kind === 'ended');
  assert.deepEqual([before.outcome.kind, before.outcome.reason], ['lost', 'PodDeleted']);
});
