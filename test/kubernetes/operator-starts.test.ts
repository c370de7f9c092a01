import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobOf, operatorPlace } from '../helpers/operator.ts';
import { until } from '../helpers/until.ts';

test('operator: a job waits for a quota, says so, and starts when there is room', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const quota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'none' },
    spec: { hard: { pods: '0' } },
  };
  await place.apply(quota);
  await until('it counts', async () =>
    (await place.kubectl('get', 'quota', 'none', '--output=json')).includes('"used"'),
  );
  await place.start();
  await place.make('waits', 'exit 0');
  const told = await until('it is told', async () => {
    const { status } = (await place.job('waits')) ?? {};
    return status?.reason === 'QuotaExceeded' ? status : null;
  });
  assert.equal(told.phase, 'Queued');
  assert.match(told.message ?? '', /exceeded quota: none/);
  await place.kubectl('delete', 'quota', 'none');
  const status = await place.phase('waits', 'Succeeded', 'Failed');
  assert.deepEqual([status.phase, status.attempts], ['Succeeded', 1]);
});

test('operator: what the Pod Security Standard forbids fails at once, with the words of the server', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  const podTemplate = { spec: { hostNetwork: true } };
  await place.make('forbidden', 'exit 0', { podTemplate });
  const status = await place.phase('forbidden', 'Failed');
  assert.deepEqual([status.reason, await place.pods()], ['PodRefused', []]);
  assert.match(status.message ?? '', /violates PodSecurity "restricted:latest"/);
  assert.equal(status.conditions?.find(({ type }) => type === 'Failed')?.reason, 'StartFailed');
});

test('operator: a job that no node fits fails when its time to start is over, and its pod is gone by then', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  const podTemplate = { spec: { nodeSelector: { nowhere: 'at-all' } } };
  await place.make('homeless', 'exit 0', { podTemplate, startTimeoutSeconds: 4, retries: 5 });
  const status = await place.phase('homeless', 'Failed');
  assert.deepEqual([status.reason, await place.pods()], ['StartTimedOut', []]);
  assert.match(status.message ?? '', /waiting for a node: .*node/);
  assert.equal(status.attempts, 1);
});

test('operator: an image whose name is none fails at once, and its pod is gone by then', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  await place.apply(jobOf('nameless', { image: 'NOT an image', command: ['x'] }));
  const status = await place.phase('nameless', 'Failed');
  assert.deepEqual([status.reason, await place.pods()], ['CannotStart', []]);
  assert.match(status.message ?? '', /NOT an image/);
});

test('operator: a definition in a ConfigMap is run with the values of variables, a Secret among them', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  const definition = {
    name: 'Greeter',
    executable: 'sh',
    cmdparams: '-c "[ {GREETING}/$PIN = hello/1234 ]"',
    ociimage: 'localhost/emissary-launch-test:1',
    environment: { GREETING: { type: 'string', required: true } },
  };
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'pins' },
    stringData: { pin: '1234' },
  };
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'apps' } };
  await place.apply(secret, { ...map, data: { greeter: JSON.stringify(definition) } });
  const job = jobOf('greeter', {
    application: { configMapKeyRef: { name: 'apps', key: 'greeter' } },
    variables: [
      { name: 'GREETING', value: 'hello' },
      { name: 'PIN', valueFrom: { secretKeyRef: { name: 'pins', key: 'pin' } } },
    ],
  });
  await place.apply(job);
  const status = await place.phase('greeter', 'Succeeded', 'Failed');
  assert.deepEqual([status.phase, status.message], ['Succeeded', 'The job succeeded']);
});

test('operator: Secrets that the namespace has no room for are told, and the pod that waits for them goes', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const metadata = { name: 'no-secrets' };
  await place.apply({ apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard: { secrets: '0' } } });
  await until('it counts', async () =>
    (await place.kubectl('get', 'quota', 'no-secrets', '--output=json')).includes('"used"'),
  );
  await place.start();
  await place.make('secretless', 'exit 0', { variables: [{ name: 'A', value: 'b' }] });
  const status = await place.phase('secretless', 'Failed', 'Succeeded');
  assert.deepEqual([status.reason, await place.pods()], ['CannotStart', []]);
  assert.match(status.message ?? '', /exceeded quota: no-secrets/);
});

test('operator: a Secret that an earlier job of the name has left is not the next one’s', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const data = { 'variables.json': JSON.stringify({ A: 'of another' }) };
  await place.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'own-1-job' }, stringData: data });
  const operator = await place.start();
  await place.make('own', 'test "$A" = mine', { variables: [{ name: 'A', value: 'mine' }] });
  assert.equal((await place.phase('own', 'Succeeded', 'Failed')).phase, 'Succeeded', operator.stderr());
});

test('operator: a Secret of the name that is not its pod’s is told, and waited for', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const of = { suspend: true, variables: [{ name: 'A', value: 'mine' }] };
  await place.make('own', 'test "$A" = mine', of);
  const name = `own-1-${(await place.job('own'))?.metadata.uid.slice(0, 8)}-job`;
  await place.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { other: '' } });
  const operator = await place.start();
  await place.kubectl('patch', 'ej', 'own', '--type=merge', '--patch={"spec":{"suspend":false}}');
  await until('it is told', () => operator.stderr().includes(`${name} that is not its pod`));
  await place.kubectl('delete', 'secret', name);
  await place.phase('own', 'Succeeded', 'Failed');
});
