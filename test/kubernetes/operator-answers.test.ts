import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiFront } from '../helpers/api-front.ts';
import { emissary } from '../helpers/emissary.ts';
import { operatorPlace } from '../helpers/operator.ts';
import { until } from '../helpers/until.ts';

test('operator: an answer that is no list of pods or jobs, though it is no error, concludes nothing', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const front = await startApiFront(t, place.cluster.kubeconfig);
  const first = await place.start();
  await place.make('long', 'sleep 8; exit 3', { systemRetries: 1 });
  await place.phase('long', 'Executing');
  first.kill('SIGKILL');
  await first.finished;
  const lists = new Map<string, number>();
  // Such as what answers in the place of a server that is away.
  front.interference = {
    answer: ({ path, isWatch }) => {
      const kind = /\/(pods|emissaryjobs)\?/.exec(path)?.[1];
      if (kind === undefined || isWatch) return null;
      lists.set(kind, (lists.get(kind) ?? 0) + 1);
      return (lists.get(kind) ?? 0) > 2 ? null : { status: 200, body: {} };
    },
  };
  await place.start(['--lease', '0', '--kubeconfig', front.kubeconfig]);
  const { attempts, exitCode, systemFailures } = await place.phase('long', 'Failed', 'Succeeded');
  assert.deepEqual([attempts, exitCode, systemFailures], [1, 3, 0]);
});

test('operator: a job whose pod the server fails to make says why, while it waits and at its end', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const front = await startApiFront(t, place.cluster.kubeconfig);
  const message = 'failed calling webhook "policy.example": connection refused';
  const body = { kind: 'Status', status: 'Failure', code: 500, reason: 'InternalError', message };
  front.interference = {
    answer: ({ method, path }) =>
      method === 'POST' && path.endsWith('/pods') ? { status: 500, body } : null,
  };
  await place.start(['--lease', '0', '--kubeconfig', front.kubeconfig]);
  await place.make('unmade', 'exit 0', { startTimeoutSeconds: 5 });
  const waiting = await until('it says why', async () => {
    const found = (await place.job('unmade'))?.status;
    return found?.message?.includes(message) === true ? found : null;
  });
  assert.deepEqual([waiting.phase, waiting.reason], ['Queued', 'PodNotMade']);
  const { reason, message: last = '', attempts } = await place.phase('unmade', 'Failed');
  assert.deepEqual([reason, attempts], ['StartTimedOut', 1]);
  assert.ok(last.includes(message), last);
});

test('operator: --release is done where there is no definition of jobs, and is refused in a sentence', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const front = await startApiFront(t, place.cluster.kubeconfig);
  const release = ['operator', '--release', '--namespace', place.namespace];
  const args = [...release, '--kubeconfig', front.kubeconfig];
  front.interference = { answer: () => ({ status: 404, body: { message: 'page not found' } }) };
  assert.equal((await emissary(args)).status, 0);
  front.interference = { answer: () => ({ status: 403, body: { message: 'jobs is forbidden' } }) };
  const { status, stderr } = await emissary(args);
  assert.deepEqual([status, stderr], [64, 'emissary: Cannot let go of the jobs: jobs is forbidden\n']);
});
