import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startApiFront } from '../helpers/api-front.ts';
import { claim } from '../helpers/cluster-example.ts';
import { operatorPlace } from '../helpers/operator.ts';
import { seeded } from '../helpers/seeded.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const jobs = ['a', 'b', 'c', 'd'];
const kills = 12;

test(`operator: killed ${kills} times at random instants, it runs each job once, and each ends once`, async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const chance = seeded(t);
  const directory = join(temporaryVolume(t), 'runs');
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  for (const name of jobs) {
    writeFileSync(join(directory, name), '');
    chmodSync(join(directory, name), 0o666);
  }
  await claim(t, place.cluster, place.namespace, directory);
  const podTemplate = {
    spec: {
      volumes: [{ name: 'runs', persistentVolumeClaim: { claimName: 'multiflexi' } }],
      containers: [{ name: 'main', volumeMounts: [{ name: 'runs', mountPath: '/runs' }] }],
    },
  };
  for (const name of jobs)
    await place.make(name, `echo run >> /runs/${name}; sleep 3; exit 4`, { podTemplate });
  for (let kill = 0; kill < kills; kill += 1) {
    const operator = await place.start();
    // The instant itself is what is tried.
    await pause(chance.whole(0, 1_500));
    operator.kill('SIGKILL');
    await operator.finished;
  }
  await place.start();
  for (const name of jobs) {
    const status = await place.phase(name, 'Failed', 'Succeeded');
    assert.deepEqual(
      [status.phase, status.exitCode, status.attempts],
      ['Failed', 4, 1],
      JSON.stringify(status),
    );
    assert.equal(readFileSync(join(directory, name), 'utf8'), 'run\n');
    const ends = status.phaseHistory?.filter(({ phase }) => phase === 'Failed');
    assert.equal(ends?.length, 1);
  }
  await until('no pod is left', async () => (await place.pods()).length === 0);
});

test('operator: killed after each single change that it makes, before it knows of it; all goes on as if nothing had been', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const front = await startApiFront(t, place.cluster.kubeconfig);
  const changes: string[] = [];
  let isDone = false;
  const gone = { status: 503, body: { kind: 'Status', code: 503, message: 'it is dead' } };
  front.interference = {
    answer: ({ method }) => (isDone && method !== 'GET' ? gone : null),
    loses: ({ method, path }) => {
      if (method === 'GET') return false;
      changes.push(`${method} ${path.split('?')[0]?.replace(/.*\/(?=[^/]+$)/, '')}`);
      isDone = true;
      return true;
    },
  };
  await place.make('job', 'echo run; sleep 1; exit 4', { retries: 1, ttlSecondsAfterFinished: 3_600 });
  const isOver = async () => {
    const { metadata, status } = (await place.job('job')) ?? assert.fail();
    const isHeld = (metadata.finalizers ?? []).length > 0;
    return status?.phase === 'Failed' && !isHeld && (await place.pods()).length === 0;
  };
  for (let restart = 0; !(await isOver()) && restart < 100; restart += 1) {
    isDone = false;
    const operator = await place.start(['--lease', '0', '--kubeconfig', front.kubeconfig]);
    await until('it has changed something, or all is over', async () => isDone || (await isOver()));
    operator.kill('SIGKILL');
    await operator.finished;
  }
  t.diagnostic(`${changes.length} changes: ${changes.join(', ')}`);
  const { attempts, systemFailures, exitCode, phaseHistory = [] } = await place.phase('job', 'Failed');
  assert.deepEqual([attempts, systemFailures, exitCode], [2, 0, 4]);
  assert.equal(phaseHistory.filter(({ phase }) => phase === 'Failed').length, 1);
  for (const kind of ['POST pods', 'POST secrets', 'PATCH status'])
    assert.ok(changes.filter((each) => each === kind).length >= 2, `${kind}: ${changes.join()}`);
  assert.ok(changes.length > 12, changes.join());
});
