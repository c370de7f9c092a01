import assert from 'node:assert/strict';
import { test } from 'node:test';
import { here } from '../../build/architecture.ts';
import { requireCluster, restrictedNamespace } from '../helpers/cluster.ts';
import { withBusybox, withTree } from '../helpers/images.ts';
import { requireProgram } from '../helpers/require.ts';

const image = 'emissary-without-init:test';

// The cluster's containerd mounts no images, so the job's own image has the program.
test('a pod without init stages its inputs, and its message is the last lines of the job that failed', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null || !requireProgram(t, 'busybox')) return;
  await cluster.addImage(image, (tree) => {
    withTree(tree, `dist/image/${here.oci}`);
    withBusybox(tree, ['sh', 'cat']);
  });
  const namespace = await restrictedNamespace(t, cluster);
  const kubectl = (args: readonly string[], objects: readonly object[] = []) =>
    cluster.kubectl(['--namespace', namespace, ...args], { objects });
  const made = await kubectl(['apply', '--filename', '-'], [pod]);
  assert.equal(made.exitCode, 0, made.stderr);
  const ended = await kubectl(['wait', 'pod/job', '--for=jsonpath={.status.phase}=Failed', '--timeout=120s']);
  assert.equal(ended.exitCode, 0, ended.stderr);
  const path = '{.status.containerStatuses[0].state.terminated.message}';
  const { stdout } = await kubectl(['get', 'pod', 'job', `--output=jsonpath=${path}`]);
  assert.equal(stdout, 'The job exited with code 3\nstaged');
});

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'job' },
  spec: {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    volumes: [{ name: 'argo', emptyDir: {} }],
    containers: [
      {
        name: 'main',
        image,
        command: ['/emissary', 'run', '--'],
        args: ['sh', '-c', 'cat /var/run/argo/in >&2; exit 3'],
        env: [
          {
            name: 'EMISSARY_TEMPLATE',
            value: JSON.stringify({
              inputs: { artifacts: [{ name: 'in', path: '/var/run/argo/in', raw: { data: 'staged\n' } }] },
            }),
          },
        ],
        volumeMounts: [{ name: 'argo', mountPath: '/var/run/argo' }],
        securityContext: {
          allowPrivilegeEscalation: false,
          runAsNonRoot: true,
          runAsUser: 1000,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        },
      },
    ],
  },
};
