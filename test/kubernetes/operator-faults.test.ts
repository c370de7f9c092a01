import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startApiServer } from '../helpers/api-server.ts';
import { behindFront } from '../helpers/cluster-front.ts';
import { operatorPlace } from '../helpers/operator.ts';
import { seeded } from '../helpers/seeded.ts';
import { until } from '../helpers/until.ts';

const cuts = 20;

test(`operator: its connections break ${cuts} times, and no job is lost or run twice`, async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const chance = seeded(t);
  const { front, env } = await behindFront(t, place.cluster.kubeconfig, {});
  const operator = await place.start(['--lease', '0', '--kubeconfig', env['KUBECONFIG'] ?? '']);
  const names = ['a', 'b', 'c'];
  for (const name of names) await place.make(name, 'sleep 2; exit 2', { retries: 1 });
  for (let cut = 0; cut < cuts; cut += 1) {
    front.cut();
    // The instant itself is what is tried.
    await pause(chance.whole(0, 600));
  }
  for (const name of names) {
    const { phase, attempts, systemFailures, exitCode } = await place.phase(name, 'Failed', 'Succeeded');
    assert.deepEqual([phase, attempts, systemFailures, exitCode], ['Failed', 2, 0, 2], operator.stderr());
  }
  assert.equal(operator.process.exitCode, null);
});

test('operator: the requests for many jobs share few connections', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const { front, env } = await behindFront(t, place.cluster.kubeconfig, {});
  await place.start(['--lease', '0', '--kubeconfig', env['KUBECONFIG'] ?? '']);
  const before = front.accepted();
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  await Promise.all(names.map((name) => place.make(name, 'exit 0')));
  for (const name of names) await place.phase(name, 'Succeeded');
  const accepted = front.accepted() - before;
  // Each job takes more than ten requests.
  assert.ok(accepted < names.length * 5, String(accepted));
});

test('operator: its connections fall silent; it notices, and no failure is concluded from it', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const { front, env } = await behindFront(t, place.cluster.kubeconfig, {});
  await place.start(['--lease', '0', '--kubeconfig', env['KUBECONFIG'] ?? '']);
  await place.make('silent', 'sleep 3');
  await place.phase('silent', 'Executing');
  front.stall();
  const { attempts, systemFailures } = await place.phase('silent', 'Succeeded', 'Failed');
  assert.deepEqual([attempts, systemFailures], [1, 0]);
});

test('operator: somebody else changes a resource all the time; each step is written once', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  await place.make('busy', 'sleep 2');
  let isOver = false;
  const changing = (async () => {
    for (let change = 0; !isOver; change += 1)
      await place.kubectl('annotate', '--overwrite', 'ej', 'busy', `test/change=${change}`);
  })();
  const status = await place.phase('busy', 'Succeeded', 'Failed').finally(() => {
    isOver = true;
  });
  await changing;
  const steps = status.phaseHistory?.map(({ phase, reason }) => `${phase} ${reason}`) ?? [];
  assert.deepEqual([status.phase, status.attempts, new Set(steps).size], ['Succeeded', 1, steps.length]);
});

test('operator: a resource that is made again under its name has nothing to do with the first one', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  await place.make('twice', 'exit 1', { keepPod: 'Always' });
  await place.phase('twice', 'Failed');
  await place.kubectl('delete', 'ej', 'twice', '--cascade=orphan');
  const [orphan] = await place.pods();
  await place.make('twice', 'exit 0');
  await until('the pod of the first one is told', async () => {
    return (await place.job('twice'))?.status?.reason === 'PodNameTaken';
  });
  assert.deepEqual(
    (await place.pods()).map(({ metadata }) => metadata.uid),
    [orphan?.metadata.uid],
  );
  await place.kubectl('delete', 'pod', 'twice-1', '--now');
  assert.equal((await place.phase('twice', 'Succeeded', 'Failed')).phase, 'Succeeded');
});

test('operator: the API server is killed while a job runs, and comes back; its end is written once', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const server = await startApiServer(t, place.cluster);
  const operator = await place.start(['--lease', '0', '--kubeconfig', server.kubeconfig]);
  await place.make('away', 'sleep 3; exit 6');
  await place.phase('away', 'Executing');
  await server.kill();
  await until('it is noticed', () => /The cluster does not tell of jobs/.test(operator.stderr()));
  await server.start();
  const { exitCode, attempts, phaseHistory } = await place.phase('away', 'Failed', 'Succeeded');
  assert.deepEqual([exitCode, attempts], [6, 1]);
  assert.equal(phaseHistory?.filter(({ phase }) => phase === 'Failed').length, 1);
});
