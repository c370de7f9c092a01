import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterLauncher, podTemplate } from '../helpers/cluster-launcher.ts';

test('kubernetes: a pod over its deadline is stopped, and the launch says why', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const options = podTemplate(t, { spec: { activeDeadlineSeconds: 8 } });
  const { status, stdout, stderr } = await launcher.script('echo ready; exec sleep 1000', { options });
  assert.deepEqual([status, stdout.toString()], [143, 'ready\n'], stderr);
  assert.match(stderr, /The engine says about the container: its pod has exceeded its deadline/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: in a namespace that demands limits, the defaults of its LimitRange are enough', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const limits = [{ type: 'Container', default: { cpu: '500m', memory: '256Mi' } }];
  await launcher.apply({
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'usual' },
    spec: { limits },
  });
  const hard = { 'limits.cpu': '4', 'limits.memory': '2Gi' };
  await launcher.apply({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'all' },
    spec: { hard },
  });
  const { status, stdout, stderr } = await launcher.script('echo fits; exit 2');
  assert.deepEqual([status, stdout.toString(), stderr], [2, 'fits\n', '']);
});
