import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type OperatorChart, operatorChart, withoutDefinition } from '../helpers/operator-chart.ts';

test('chart: installed, two operators are ready under the restricted standard, and the sample succeeds', async (t) => {
  const chart = await operatorChart(t);
  if (chart === null) return;
  const notes = await chart.helmDone([
    ...['install', 'emissary', chart.chart, ...chart.values(withoutDefinition)],
    ...['--wait', '--timeout', '120s'],
  ]);
  assert.match(notes, /kubectl --namespace test-\w+ get ej/);
  const deployment = JSON.parse(await chart.kubectl('get', 'deployment', 'emissary', '--output=json'));
  assert.deepEqual([deployment.status.readyReplicas, deployment.status.replicas], [2, 2]);
  await chart.kubectl('apply', '--filename', 'images/operator/sample.yaml');
  const status = await chart.phase('sample', 'Succeeded', 'Failed');
  assert.equal(status.phase, 'Succeeded');
  await checkLog(chart);
  await checkMetrics(chart);
});

/** Each line of the log is JSON, and what is about a job names it. */
async function checkLog({ kubectl, namespace }: OperatorChart): Promise<void> {
  const selector = '--selector=app.kubernetes.io/name=multiflexi-emissary-operator';
  const text = await kubectl('logs', selector, '--tail=-1');
  const lines = text.split('\n').filter((line) => line !== '');
  const logged = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const steps = logged.filter(({ job }) => job === 'sample');
  for (const step of steps) assert.deepEqual([step['namespace'], step['level']], [namespace, 'info']);
  assert.equal(steps.at(-1)?.['phase'], 'Succeeded');
  assert.ok(logged.some(({ message, level }) => message === 'Ready' && level === 'info'));
}

/** What dashboard and alerts ask for is there. */
async function checkMetrics({ kubectl, namespace }: OperatorChart): Promise<void> {
  const pods = await kubectl(
    'get',
    'pods',
    '--output=name',
    '--selector=app.kubernetes.io/instance=emissary',
  );
  const proxies = pods.split('\n').filter((each) => each !== '');
  const texts = await Promise.all(
    proxies.map((pod) => {
      const name = pod.replace('pod/', '');
      return kubectl('get', '--raw', `/api/v1/namespaces/${namespace}/pods/${name}:8080/proxy/metrics`);
    }),
  );
  const known = new Set(texts.join('\n').match(/^emissary_\w+/gm));
  for (const file of ['alerts.yaml', 'dashboard.json']) {
    const asked = readFileSync(`images/chart/files/${file}`, 'utf8').match(/\bemissary_\w+/g) ?? [];
    assert.notEqual(asked.length, 0);
    for (const metric of asked) assert.ok(known.has(metric), `${metric} of ${file}`);
  }
}
