import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operatorChart, withoutDefinition } from '../helpers/operator-chart.ts';

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
});
