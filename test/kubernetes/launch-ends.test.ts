import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { clusterLauncher, podTemplate } from '../helpers/cluster-launcher.ts';
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

test('kubernetes: a pod that is evicted for its disk is told apart, and its output so far is there', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const volumes = [{ name: 'emissary', emptyDir: { sizeLimit: '200Mi' } }];
  const options = podTemplate(t, { spec: { volumes } });
  const script = 'echo ready; head -c 300000000 /dev/zero >&2; exec sleep 1000';
  const { status, stdout, stderr } = await launcher.script(script, { options });
  assert.notEqual(status, 0);
  assert.equal(stdout.toString(), 'ready\n');
  assert.match(
    stderr.slice(-2_000),
    /The engine says about the container: its pod was evicted: [^\n]*exceeds/,
  );
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

test('kubernetes: what admission refuses fails at once, with its own words', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const { namespace } = launcher;
  const message = 'no jobs on Sundays';
  const kind = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
  const policy = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: namespace },
    spec: { matchConstraints: { resourceRules: [kind] }, validations: [{ expression: 'false', message }] },
  };
  const selector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  const binding = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: namespace },
    spec: {
      policyName: namespace,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: selector },
    },
  };
  atEnd(t, async () => {
    for (const each of ['validatingadmissionpolicybinding', 'validatingadmissionpolicy'])
      await launcher.cluster.kubectl(['delete', each, namespace]);
  });
  await launcher.apply(policy);
  await launcher.apply(binding);
  // The server learns of a policy a little later.
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'probe' }, spec: { containers: [] } };
  await until('the policy holds', async () => {
    const args = ['--namespace', namespace, 'create', '--dry-run=server', '--filename', '-'];
    return (await launcher.cluster.kubectl(args, { objects: [pod] })).stderr.includes(message);
  });
  const { status, stderr } = await launcher.script('true');
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: Kubernetes cannot create the pod [^\n]*no jobs on Sundays[^\n]*\n$/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});
