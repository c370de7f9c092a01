import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobOf, operatorPlace } from '../helpers/operator.ts';
import { until } from '../helpers/until.ts';

test('operator: the sample is applied, and succeeds; its pod goes, and a person sees it in one line', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  await place.kubectl('apply', '--filename', 'images/operator/sample.yaml');
  const status = await place.phase('sample', 'Succeeded', 'Failed');
  assert.deepEqual([status.phase, status.exitCode, status.attempts], ['Succeeded', 0, 1]);
  assert.equal(status.verdict, 'succeeded');
  const line = await place.kubectl('get', 'ej', 'sample', '--no-headers');
  assert.match(line, /^sample +Succeeded +Succeeded +0 /);
  const phases = status.phaseHistory?.map(({ phase }) => phase) ?? [];
  const order = ['Queued', 'Initializing', 'Executing', 'Succeeded'];
  assert.deepEqual(
    phases,
    [...phases].sort((a, b) => order.indexOf(a) - order.indexOf(b)),
  );
  assert.deepEqual(new Set(phases), new Set(order));
  await until('its pod is gone', async () => (await place.pods()).length === 0);
  assert.equal((await place.job('sample'))?.metadata.finalizers, undefined);
});

test('operator: a job that fails is run again, each time in a pod of its own, as often as retries says', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  await place.make('fails', 'exit 7', { retries: 2, keepPod: 'OnFailure' });
  const status = await place.phase('fails', 'Failed', 'Succeeded');
  assert.deepEqual([status.phase, status.exitCode, status.attempts], ['Failed', 7, 3]);
  assert.equal(status.systemFailures, 0);
  assert.equal(status.conditions?.find(({ type }) => type === 'Failed')?.reason, 'PermanentFailure');
  const names = (await place.pods()).map(({ metadata }) => metadata.name).sort();
  assert.deepEqual(names, ['fails-1', 'fails-2', 'fails-3']);
});

test('operator: what cannot be a job is InvalidSpec, and makes no pod', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  const environment = { YEAR: { type: 'integer', required: true } };
  const definition = { name: 'Report', executable: 'report', environment };
  await place.apply(jobOf('invalid', { application: { definition } }));
  const status = await place.phase('invalid', 'Failed');
  assert.equal(status.reason, 'InvalidSpec');
  assert.match(status.message ?? '', /YEAR is required and has no value/);
  assert.deepEqual([status.attempts ?? 0, await place.pods()], [0, []]);
});

test('operator: the API server itself refuses a job without a command, and one with two', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const refused = async (spec: object) => {
    const job = jobOf('refused', spec);
    const args = ['--namespace', place.namespace, 'apply', '--filename', '-'];
    return (await place.cluster.kubectl(args, { objects: [job] })).stderr;
  };
  assert.match(await refused({}), /one of application and command is needed/);
  const application = { definition: { executable: 'x' } };
  assert.match(await refused({ command: ['x'], application }), /one of application and command is needed/);
  assert.match(await refused({ command: ['x'], retries: -1 }), /spec\.retries/);
  assert.match(await refused({ command: ['x'], variables: [{ name: 'A=B' }] }), /variables\[0\]\.name/);
  // A number that JSON's readers round is another job's.
  assert.match(await refused({ command: ['x'], multiflexi: { jobId: 2 ** 53 } }), /multiflexi\.jobId/);
});

test("operator: somebody else's pod of the name is told, left alone, and no success", async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  const confined = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  await place.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'mine-1' },
    spec: {
      restartPolicy: 'Never',
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'main',
          image: 'localhost/emissary-launch-test:1',
          command: ['sh', '-c', 'exit 0'],
          securityContext: confined,
        },
      ],
    },
  });
  await place.make('mine', 'exit 0');
  const told = await until('it is told', async () => {
    const { status } = (await place.job('mine')) ?? {};
    return status?.reason === 'PodNameTaken' ? status : null;
  });
  assert.match(told.message ?? '', /mine-1/);
  assert.equal(told.phase, 'Queued');
  await place.kubectl('delete', 'pod', 'mine-1', '--now');
  const status = await place.phase('mine', 'Succeeded', 'Failed');
  assert.deepEqual([status.phase, status.attempts], ['Succeeded', 1]);
});
