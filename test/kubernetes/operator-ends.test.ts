import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { jobOf, type OperatorPlace, operatorPlace, reportingPlace } from '../helpers/operator.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';

test('operator: a job that is deleted while it runs is stopped and reported before its resource goes', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const reported = reportedJob(t);
  const spec = await reportingPlace(t, place, reported.env);
  await place.start();
  await place.make('long', 'echo begun; sleep 1000', spec);
  await until('it runs', () => reported.lines().length > 0);
  await place.phase('long', 'Executing');
  await place.kubectl('delete', 'ej', 'long', '--wait=false');
  await until('the resource is gone', async () => (await place.job('long')) === null);
  assert.equal(reported.row().exitcode, 143);
  assert.notEqual(reported.row().end, null);
  await until('its pod is gone', async () => (await place.pods()).length === 0);
  assert.match(await eventsOf(place), /Warning +Deleted +emissaryjob\/long +Aborted: /);
});

test('operator: a job that has ended goes without an operator, and stays as it ended', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const operator = await place.start();
  await place.make('done', 'exit 0');
  await place.phase('done', 'Succeeded');
  await until('nothing holds it', async () => !(await place.job('done'))?.metadata.finalizers);
  const { resourceVersion } = (await place.job('done'))?.metadata ?? {};
  await place.apply(jobOf('done', { command: ['sh', '-c', 'exit 0'], suspend: true }));
  const before = await place.job('done');
  await place.make('other', 'exit 0');
  await place.phase('other', 'Succeeded');
  const after = await place.job('done');
  assert.notEqual(resourceVersion, before?.metadata.resourceVersion);
  assert.deepEqual(after, before);
  operator.kill('SIGTERM');
  assert.equal((await operator.finished).status, 0);
  await place.kubectl('delete', 'ej', 'done', '--timeout=30s');
});

test('operator: a pod that is deleted from outside costs an attempt, and none of the retries', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  await place.make('lost', '[ "$HOSTNAME" != lost-1 ] || sleep 1000');
  await place.phase('lost', 'Executing');
  await place.kubectl('delete', 'pod', 'lost-1', '--now');
  const status = await place.phase('lost', 'Succeeded', 'Failed');
  assert.deepEqual([status.phase, status.attempts, status.systemFailures], ['Succeeded', 2, 1]);
  assert.equal(status.phaseHistory?.find(({ attempt }) => attempt === 2)?.reason, 'PodDeleted');
});

test('operator: the time of a job is over: TimedOut, and it is not run again', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  await place.make('slow', 'sleep 1000', { timeoutSeconds: 1, graceSeconds: 5, retries: 3 });
  const status = await place.phase('slow', 'TimedOut', 'Failed', 'Succeeded');
  assert.deepEqual([status.phase, status.exitCode, status.attempts], ['TimedOut', 143, 1]);
  assert.equal(status.conditions?.find(({ type }) => type === 'Failed')?.reason, 'TimedOut');
});

test('operator: a native reporter that Kubernetes stops after the job costs no success', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const reported = reportedJob(t);
  const spec = await reportingPlace(t, place, reported.env, 'Native');
  await place.start();
  await place.make('native', 'echo done', spec);
  const status = await place.phase('native', 'Succeeded', 'Failed');
  assert.deepEqual([status.phase, status.exitCode], ['Succeeded', 0]);
  assert.deepEqual([reported.row().exitcode, reported.lines().length], [0, 1]);
});

test('operator: a suspended job makes no pod until it is let go', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  await place.make('later', 'exit 0', { suspend: true });
  await until('it is seen', async () => (await place.job('later'))?.status?.reason === 'Suspended');
  assert.deepEqual(await place.pods(), []);
  await place.kubectl('patch', 'ej', 'later', '--type=merge', '--patch={"spec":{"suspend":false}}');
  await place.phase('later', 'Succeeded');
});

test('operator: the resource goes when its time is over, and not before its end is written', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  await place.make('short', 'exit 0', { ttlSecondsAfterFinished: 3 });
  const { completionTime = '' } = await place.phase('short', 'Succeeded');
  await until('it is gone', async () => (await place.job('short')) === null);
  const tookMs = Date.now() - Date.parse(completionTime);
  // Times in a status of Kubernetes are whole seconds.
  assert.ok(tookMs >= 2_000 && tookMs < 60_000, String(tookMs));
  assert.match(await eventsOf(place), /Succeeded +emissaryjob\/short/);
});

test('operator: a job reports where only its reporter can: the job sees nothing of the Secret', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const reported = reportedJob(t);
  const spec = await reportingPlace(t, place, reported.env);
  await place.start();
  await place.make('told', `env; ls -R /var/run/secrets 2>&1; ls ${tmpdir()}; exit 3`, spec);
  const status = await place.phase('told', 'Failed');
  assert.equal(status.exitCode, 3);
  assert.equal(status.conditions?.find(({ type }) => type === 'Reported')?.status, 'True');
  const output = reported.lines().map(({ line }) => line);
  assert.ok(output.length > 0);
  assert.doesNotMatch(output.join(''), /MULTIFLEXI_DATABASE|sqlite/);
});

async function eventsOf({ kubectl }: OperatorPlace): Promise<string> {
  return kubectl('get', 'events');
}
