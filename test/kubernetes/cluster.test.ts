import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { execa } from 'execa';
import { machineNames } from '../cluster/places.ts';
import { type Cluster, requireCluster, restrictedNamespace } from '../helpers/cluster.ts';
import { exampleImages } from '../helpers/example-images.ts';
import { requireProgram } from '../helpers/require.ts';
import { serviceAccount } from '../helpers/service-account.ts';

const restricted = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  runAsUser: 1000,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

test('a pod of a restricted namespace runs to its end, and its log has all lines', async (t) => {
  const prepared = await prepare(t);
  if (prepared === null) return;
  const { kubectl } = prepared;
  const job = pod('job', 'echo first; echo second >&2; exit 3', restricted);
  const made = await kubectl(['apply', '--filename', '-'], { objects: [job] });
  assert.equal(made.exitCode, 0, made.stderr);
  const ended = await kubectl(['wait', 'pod/job', '--for=jsonpath={.status.phase}=Failed', '--timeout=120s']);
  assert.equal(ended.exitCode, 0, ended.stderr);
  const code = '--output=jsonpath={.status.containerStatuses[0].state.terminated.exitCode}';
  assert.equal((await kubectl(['get', 'pod', 'job', code])).stdout, '3');
  const { stdout } = await kubectl(['logs', 'job']);
  assert.deepEqual(stdout.split('\n').sort(), ['first', 'second']);
});

test('a restricted namespace refuses a pod that may run as root', async (t) => {
  const prepared = await prepare(t);
  if (prepared === null) return;
  const { kubectl } = prepared;
  const { exitCode, stderr } = await kubectl(['apply', '--filename', '-'], {
    objects: [pod('root', 'id', {})],
  });
  assert.equal(exitCode, 1);
  assert.match(stderr, /violates PodSecurity "restricted:latest"/);
});

test('a pod reaches the API server at the address of its service', async (t) => {
  const prepared = await prepare(t);
  if (prepared === null) return;
  const { kubectl } = prepared;
  const reach = '/bin/busybox nc -w 60 "$KUBERNETES_SERVICE_HOST" "$KUBERNETES_SERVICE_PORT" < /dev/null';
  const made = await kubectl(['apply', '--filename', '-'], { objects: [pod('reach', reach, restricted)] });
  assert.equal(made.exitCode, 0, made.stderr);
  const ended = ['wait', 'pod/reach', '--for=jsonpath={.status.phase}=Succeeded', '--timeout=120s'];
  const { exitCode, stderr } = await kubectl(ended);
  assert.equal(exitCode, 0, stderr);
});

test('pods that start and end leave the address by which the others reach this machine', async (t) => {
  if ((await requireCluster(t)) === null) return;
  const before = bridgeAddress();
  const port = `e-${randomBytes(4).toString('hex')}`;
  t.after(() => execa('ip', ['link', 'del', port]));
  // Lower than any that a pod's interface gets.
  await execa('ip', ['link', 'add', port, 'address', '02:00:00:00:00:00', 'type', 'veth']);
  await execa('ip', ['link', 'set', port, 'master', machineNames.bridge]);
  assert.equal(bridgeAddress(), before);
});

test('a service account may do what its role says, and nothing else', async (t) => {
  const prepared = await prepare(t);
  if (prepared === null) return;
  const { cluster, namespace } = prepared;
  const kubeconfig = await serviceAccount(t, cluster, {
    namespace,
    name: 'reader',
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
  });
  const listed = await cluster.kubectl(['get', 'pods', '--output=name'], { kubeconfig });
  assert.deepEqual(listed, { exitCode: 0, stdout: '', stderr: '' });
  for (const args of [
    ['get', 'secrets'],
    ['delete', 'pod', 'job'],
    ['get', 'pods', '--all-namespaces'],
  ]) {
    const { exitCode, stderr } = await cluster.kubectl(args, { kubeconfig });
    assert.equal(exitCode, 1);
    assert.match(stderr, /Forbidden.*system:serviceaccount:.*:reader/);
  }
});

interface Prepared {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Works in the namespace. */
  readonly kubectl: Cluster['kubectl'];
}

/** A cluster with busybox and a namespace; null if the test was skipped. */
async function prepare(t: Parameters<typeof requireCluster>[0]): Promise<Prepared | null> {
  const cluster = await requireCluster(t);
  if (cluster === null || !requireProgram(t, 'busybox')) return null;
  for (const { image, fill } of exampleImages.filter(({ image }) => image.startsWith('busybox')))
    await cluster.addImage(image, fill);
  const namespace = await restrictedNamespace(t, cluster);
  const kubectl: Cluster['kubectl'] = (args, more) =>
    cluster.kubectl(['--namespace', namespace, ...args], more);
  return { cluster, namespace, kubectl };
}

function pod(name: string, script: string, securityContext: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      containers: [{ name: 'main', image: 'busybox:1.36', command: ['sh', '-c', script], securityContext }],
    },
  };
}

function bridgeAddress(): string {
  return readFileSync(`/sys/class/net/${machineNames.bridge}/address`, 'utf8');
}
