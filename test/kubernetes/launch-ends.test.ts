import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { clusterLauncher, podTemplate } from '../helpers/cluster-launcher.ts';
import { jobImage } from '../helpers/launcher-parts.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';

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

test('kubernetes: a job whose node died is lost, and its pod that stays is not waited for', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const { kubectl } = launcher.cluster;
  const node = `ghost-${launcher.namespace}`;
  const own = ['--namespace', launcher.namespace];
  atEnd(t, async () => {
    await kubectl([...own, 'delete', 'pods', '--all', '--force', '--grace-period=0']);
    await kubectl(['delete', 'node', node]);
  });
  const made = await kubectl(['apply', '--filename', '-'], {
    objects: [{ apiVersion: 'v1', kind: 'Node', metadata: { name: node } }],
  });
  assert.equal(made.exitCode, 0, made.stderr);
  const job = reportedJob(t);
  const options = podTemplate(t, { spec: { nodeName: node } });
  const running = launcher.startScript('true', { options, env: job.env });
  await until('the pod is there', async () => (await launcher.containers()).length === 1);
  const [pod = ''] = await launcher.containers();
  // What a kubelet would tell before its machine dies.
  const started = { running: { startedAt: new Date().toISOString() } };
  const containers = ['main', 'reporter'].map((name) => ({
    ...{ name, image: jobImage, imageID: '', restartCount: 0, ready: true },
    state: started,
  }));
  const status = JSON.stringify({ status: { phase: 'Running', containerStatuses: containers } });
  const patched = await kubectl([...own, 'patch', pod, '--subresource=status', '--patch', status]);
  assert.equal(patched.exitCode, 0, patched.stderr);
  await until('the launcher asks the node', () => running.stderr().includes('it is resumed'));
  await kubectl([...own, 'delete', pod, '--grace-period=1', '--wait=false']);
  const { status: exitStatus, stderr } = await running.finished;
  assert.notEqual(exitStatus, 0);
  assert.match(stderr, new RegExp(`its pod was deleted, and its node ${node} does not answer`));
  assert.match(stderr, /was deleted, and is still there: its node does not answer/);
  assert.equal(job.row().exitcode, exitStatus);
});

test('kubernetes: --keep failed keeps the pod of a job that failed, tells how to look at it, and list --clean --kept removes it', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const env = { EMISSARY_KEEP: 'failed' };
  const well = await launcher.script('exit 0', { env });
  assert.deepEqual([well.status, well.stderr, launcher.left()], [0, '', []]);
  const { status, stderr } = await launcher.script('echo odd >&2; exit 3', { env });
  assert.equal(status, 3);
  const [pod = '', ...others] = await launcher.containers();
  assert.deepEqual(others, []);
  const told = /Kept: the volume \S+, and the container (\S+); to look at it: kubectl (.+)\n/.exec(stderr);
  assert.equal(`pod/${told?.[1]}`, pod, stderr);
  const described = await launcher.cluster.kubectl((told?.[2] ?? '').split(' '));
  assert.match(described.stdout, /Exit Code: +3/, described.stderr);
  const listed = await launcher.verb(['list', '--json']);
  const { jobs } = JSON.parse(listed.stdout.toString());
  assert.deepEqual([jobs.length, jobs[0].state, jobs[0].exitCode], [1, 'kept', 3]);
  assert.equal((await launcher.verb(['list', '--clean'])).stderr, '');
  assert.equal((await launcher.containers()).length, 1);
  const { stderr: cleaned } = await launcher.verb(['list', '--clean', '--kept']);
  assert.match(cleaned, /^emissary: run-\w+: removed; it was kept\n$/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});
