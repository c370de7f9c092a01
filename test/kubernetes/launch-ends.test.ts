import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { atEnd } from '../helpers/at-end.ts';
import { clusterLauncher, podTemplate } from '../helpers/cluster-launcher.ts';
import { jobImage } from '../helpers/launcher-parts.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { type Rule, serviceAccount } from '../helpers/service-account.ts';
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

test('kubernetes: a job whose reporter was out of memory is lost, and the launch says why', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const job = reportedJob(t);
  const reporter = { name: 'reporter', resources: { limits: { memory: '8Mi' } } };
  const options = podTemplate(t, { spec: { containers: [reporter] } });
  const { status, stderr } = await launcher.script('sleep 1000', { options, env: job.env });
  assert.notEqual(status, 0);
  assert.match(stderr, /emissary: Event: The container reporter has ended with 137 \(OOMKilled\)/);
  assert.equal(job.row().exitcode, status);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a pod that its node refuses is made again, and the reason is told when the launch gives up', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const requests = { cpu: '4000' };
  const main = { name: 'main', resources: { requests, limits: requests } };
  const options = [
    ...podTemplate(t, { spec: { nodeName: 'node', containers: [main] } }),
    '--start-timeout',
    '20',
  ];
  const { status, stderr } = await launcher.script('true', { options });
  assert.equal(status, 64);
  assert.match(stderr, /did not start within 20 s: .*OutOfcpu.*; another pod is tried/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a pod that writes more than its volume may have is evicted, and the launch says so', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const volumes = [{ name: 'scratch', emptyDir: { sizeLimit: '1Mi' } }];
  const main = { name: 'main', volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] };
  const options = podTemplate(t, { spec: { volumes, containers: [main] } });
  const script = 'echo ready; head -c 5000000 /dev/zero >/scratch/big; exec sleep 1000';
  const { status, stdout, stderr } = await launcher.script(script, { options });
  assert.notEqual(status, 0);
  assert.equal(stdout.toString(), 'ready\n');
  assert.match(stderr, /its pod was evicted: .*(scratch|ephemeral|EmptyDir)/i);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a pod that is gone before the next launcher looks is lost, never a success', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const job = reportedJob(t);
  const first = launcher.startScript('echo ready; sleep 1000', { env: job.env });
  await until('the job runs', () => first.stdout().toString().includes('ready'));
  first.kill('SIGKILL');
  await first.finished;
  const own = ['--namespace', launcher.namespace];
  await launcher.cluster.kubectl([...own, 'delete', 'pods', '--all', '--force', '--grace-period=0']);
  await until('the pod is gone', async () => (await launcher.containers()).length === 0);
  const second = await launcher.script('echo another', { env: job.env });
  assert.notEqual(second.status, 0, second.stderr);
  assert.doesNotMatch(second.stdout.toString(), /another/);
  assert.notEqual(job.row().exitcode, 0);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: results stand where the pod may not be deleted, and the launch warns once', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const { cluster, namespace } = launcher;
  const role = parse(readFileSync('images/launcher-role.yaml', 'utf8')) as {
    readonly rules: readonly Rule[];
  };
  const rules = role.rules.map((rule) => ({
    ...rule,
    verbs: rule.verbs.filter((verb) => verb !== 'delete'),
  }));
  const env = { KUBECONFIG: await serviceAccount(t, cluster, { namespace, name: 'no-delete', rules }) };
  const { status, stdout, stderr } = await launcher.script('echo done; exit 5', { env });
  assert.deepEqual([status, stdout.toString()], [5, 'done\n'], stderr);
  assert.match(stderr, /^emissary: Kubernetes cannot delete the pod \S+: .*forbidden.*\n$/);
});

test('kubernetes: an admission policy that refuses the pod ends the launch at once, with its message', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const name = `deny-${launcher.namespace}`;
  const { kubectl } = launcher.cluster;
  const kinds = 'validatingadmissionpolicies,validatingadmissionpolicybindings';
  atEnd(t, () => kubectl(['delete', kinds, name]));
  const api = 'admissionregistration.k8s.io/v1';
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
  const policy = {
    matchConstraints: { resourceRules: [rule] },
    validations: [{ expression: 'false', message: 'no pods at night' }],
  };
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': launcher.namespace } };
  const binding = { policyName: name, validationActions: ['Deny'], matchResources: { namespaceSelector } };
  const made = await kubectl(['apply', '--filename', '-'], {
    objects: [
      { apiVersion: api, kind: 'ValidatingAdmissionPolicy', metadata: { name }, spec: policy },
      { apiVersion: api, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name }, spec: binding },
    ],
  });
  assert.equal(made.exitCode, 0, made.stderr);
  const container = { name: 'main', image: jobImage, ...restricted };
  const spec = {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
  };
  const probe = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe', namespace: launcher.namespace },
    spec,
  };
  await until('the policy holds', async () => {
    const { stderr } = await kubectl(['create', '--dry-run=server', '--filename', '-'], { objects: [probe] });
    return stderr.includes('no pods at night');
  });
  const { status, stderr } = await launcher.script('true');
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: Kubernetes cannot create the pod .*no pods at night\n$/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

const restricted = {
  securityContext: { allowPrivilegeEscalation: false, runAsUser: 65_532, capabilities: { drop: ['ALL'] } },
};
