import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { freePort } from '../helpers/free-port.ts';
import { jobOf, operatorPlace } from '../helpers/operator.ts';
import { type Rule, serviceAccount } from '../helpers/service-account.ts';
import { until } from '../helpers/until.ts';

test('operator: of two, one leads; when it ends, the other takes over at once', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const first = await place.start([]);
  const second = place.startWaiting();
  await until('the second waits', () => / leads; waiting for its end/.test(second.stderr()));
  await place.make('one', 'exit 0');
  await place.phase('one', 'Succeeded');
  assert.doesNotMatch(second.stderr(), /Ready/);
  first.kill('SIGTERM');
  assert.equal((await first.finished).status, 0);
  await until('the second leads', () => second.stderr().includes('Ready'));
  await place.make('two', 'exit 0');
  assert.equal((await place.phase('two', 'Succeeded')).attempts, 1);
});

test('operator: a leader that was frozen past its lease writes nothing more, and ends', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const first = await place.start(['--lease', '3']);
  await place.make('long', 'sleep 8; exit 5');
  await place.phase('long', 'Executing');
  first.kill('SIGSTOP');
  const second = await place.start(['--lease', '3']);
  const status = await place.phase('long', 'Failed');
  assert.deepEqual([status.exitCode, status.attempts], [5, 1]);
  await until('nothing holds it', async () => !(await place.job('long'))?.metadata.finalizers);
  const before = await place.job('long');
  first.kill('SIGCONT');
  const { status: exit, stderr } = await first.finished;
  assert.equal(exit, 64, stderr);
  assert.match(stderr, /The lease multiflexi-emissary-operator is lost/);
  assert.deepEqual(await place.job('long'), before);
  assert.equal(second.process.exitCode, null);
});

test('operator: the rights in role.yaml are all that it needs', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const { rules } = parse(readFileSync('images/operator/role.yaml', 'utf8')) as {
    readonly rules: readonly Rule[];
  };
  const account = { namespace: place.namespace, name: 'operator', rules };
  const kubeconfig = await serviceAccount(t, place.cluster, account);
  const operator = await place.start(['--kubeconfig', kubeconfig]);
  const definition = { name: 'X', executable: 'sh', ociimage: 'localhost/emissary-launch-test:1' };
  const data = { x: JSON.stringify({ ...definition, cmdparams: '-c "exit 3"' }) };
  await place.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'apps' }, data });
  const application = { configMapKeyRef: { name: 'apps', key: 'x' } };
  await place.apply(jobOf('x', { application, retries: 1, ttlSecondsAfterFinished: 1 }));
  await until('it has ended, and is gone', async () => {
    const told = await place.kubectl('get', 'events');
    return /JobFailed +emissaryjob\/x +Failed: /.test(told) && (await place.job('x')) === null;
  });
  await place.make('y', 'sleep 1000');
  await place.phase('y', 'Executing');
  await place.kubectl('delete', 'ej', 'y', '--timeout=60s');
  assert.doesNotMatch(operator.stderr(), /forbidden|cannot/);
});

test('operator: probes tell when it is ready, and metrics count its jobs', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const port = await freePort();
  await place.start(['--probes', String(port)]);
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  assert.deepEqual([(await ask('/healthz')).status, (await ask('/readyz')).status], [200, 200]);
  assert.equal((await ask('/other')).status, 404);
  await place.make('counted', 'exit 0');
  await place.phase('counted', 'Succeeded');
  const text = await until('it is counted, and nothing is left to be done', async () => {
    const found = await (await ask('/metrics')).text();
    const isIdle = /^emissary_operator_queue_depth 0$/m.test(found);
    return isIdle && found.includes('emissary_operator_jobs{phase="Succeeded"} 1') ? found : null;
  });
  assert.match(text, /^emissary_operator_leader 1$/m);
  assert.match(text, /^emissary_operator_reconcile_seconds_bucket\{le="\+Inf"\} [1-9]/m);
});
