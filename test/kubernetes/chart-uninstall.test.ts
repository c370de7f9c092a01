import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restrictedNamespace } from '../helpers/cluster.ts';
import { operatorIn } from '../helpers/operator.ts';
import { type OperatorChart, operatorChart, withoutDefinition } from '../helpers/operator-chart.ts';
import { until } from '../helpers/until.ts';

test('chart: uninstalled, it lets go of its jobs, which go on in their pods; then their namespace can be deleted', async (t) => {
  const chart = await operatorChart(t);
  if (chart === null) return;
  await install(chart);
  await chart.make('long', 'sleep 1000', { graceSeconds: 1 });
  await chart.make('later', 'exit 0', { suspend: true });
  await chart.phase('long', 'Executing');
  await chart.phase('later', 'Queued');
  await chart.helmDone(['uninstall', 'emissary', '--wait', '--timeout', '120s']);
  for (const name of ['long', 'later']) assert.equal((await chart.job(name))?.metadata.finalizers, undefined);
  assert.equal((await chart.job('long'))?.status?.phase, 'Executing');
  assert.match(await chart.kubectl('get', 'pod', 'long-1', '--no-headers'), / Running /);
  const kinds = 'deployments,jobs,roles,rolebindings,poddisruptionbudgets';
  assert.equal(await chart.kubectl('get', kinds, '--output=name'), '');
  assert.doesNotMatch(await chart.kubectl('get', 'serviceaccounts', '--output=name'), /emissary/);
  await removed(chart, chart.namespace);
});

test('chart: an operator whose own namespace is deleted lets go of its jobs when it ends', async (t) => {
  const chart = await operatorChart(t);
  if (chart === null) return;
  await install(chart);
  await chart.make('long', 'sleep 1000', { graceSeconds: 1 });
  await chart.make('later', 'exit 0', { suspend: true });
  await chart.phase('long', 'Executing');
  await chart.phase('later', 'Queued');
  await removed(chart, chart.namespace);
});

test('chart: a namespace of jobs that is deleted with their rights goes, at the latest when the operator is uninstalled', async (t) => {
  const chart = await operatorChart(t);
  if (chart === null) return;
  const jobs = await restrictedNamespace(t, chart.cluster);
  const place = await operatorIn(t, chart.cluster, jobs);
  await install(chart, { jobs: { namespace: jobs } });
  await place.make('long', 'sleep 1000', { graceSeconds: 1 });
  for (const name of ['a', 'b', 'c']) await place.make(name, 'exit 0', { suspend: true });
  await place.phase('long', 'Executing');
  await chart.cluster.kubectl(['delete', 'namespace', jobs, '--wait=false']);
  const role = ['--namespace', jobs, 'get', 'rolebinding', 'emissary-jobs'];
  await until('the operator has no rights', async () => (await chart.cluster.kubectl(role)).exitCode !== 0);
  await chart.helmDone(['uninstall', 'emissary', '--wait', '--timeout', '120s']);
  await removed(chart, jobs);
});

async function install(chart: OperatorChart, values: object = {}): Promise<void> {
  const given = chart.values({ ...withoutDefinition, ...values });
  await chart.helmDone(['install', 'emissary', chart.chart, ...given, '--wait', '--timeout', '120s']);
}

async function removed({ cluster }: OperatorChart, namespace: string): Promise<void> {
  const { exitCode, stderr } = await cluster.kubectl([
    'delete',
    'namespace',
    namespace,
    '--ignore-not-found',
    '--timeout=400s',
  ]);
  assert.equal(exitCode, 0, stderr);
}
