import assert from 'node:assert/strict';
import { readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { type Cluster, requireCluster, restrictedNamespace } from './cluster.ts';
import { claim } from './cluster-example.ts';
import { exampleImages } from './example-images.ts';
import { withBusybox } from './images.ts';
import { type clusterNames, jobImage, jobTools, type Launcher, label, starters } from './launcher-parts.ts';
import { requireProgram } from './require.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** A launcher of jobs in a cluster, with a namespace of the test's own. */
export interface ClusterLauncher extends Launcher {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Makes an object in the namespace. */
  apply(object: object): Promise<void>;
}

/** Null after the test was skipped because there is no cluster; in CI that is a failure. */
export async function clusterLauncher(
  t: TestContext,
  name: (typeof clusterNames)[number] = 'kubernetes',
): Promise<ClusterLauncher | null> {
  const cluster = await requireCluster(t);
  if (cluster === null || !requireProgram(t, 'busybox')) return null;
  for (const { image, fill, start } of exampleImages) await cluster.addImage(image, fill, start);
  await cluster.addImage(jobImage, (tree) => withBusybox(tree, jobTools));
  const namespace = await restrictedNamespace(t, cluster);
  const state = join(temporaryVolume(t), 'state');
  atEnd(t, () => rmSync(state, { recursive: true, force: true }));
  const sidecar = name === 'kubernetes' ? {} : await sidecarVariables(t, cluster, namespace);
  const env = {
    KUBECONFIG: cluster.kubeconfig,
    EMISSARY_NAMESPACE: namespace,
    EMISSARY_STATE_DIR: state,
    ...sidecar,
  };
  const options = ['--engine', 'kubernetes', '--image', jobImage];
  const kubectl = (args: readonly string[]) => cluster.kubectl(['--namespace', namespace, ...args]);
  const pods = async () => {
    const { stdout } = await kubectl(['get', 'pods', '--output=name', `--selector=${label(state)}`]);
    return stdout.split('\n').filter((line) => line !== '');
  };
  return {
    name,
    cluster,
    namespace,
    apply: async (object) => {
      const args = ['--namespace', namespace, 'apply', '--filename', '-'];
      const { exitCode, stderr } = await cluster.kubectl(args, { objects: [object] });
      assert.equal(exitCode, 0, stderr);
    },
    engine: null,
    state,
    env,
    options,
    ...starters(t, options, env),
    containers: pods,
    // Nothing of this machine can be mounted in a restricted namespace.
    gate: () => ({
      options: [],
      isOpen: '[ -e /tmp/go ]',
      // A container may print before its runtime has written down that it runs, and only then takes a command.
      open: async () => {
        await until('the gate opens', async () => {
          const [pod = ''] = await pods();
          const args = ['exec', pod, '--container=main', '--', 'touch', '/tmp/go'];
          const { exitCode, stderr } = await kubectl(args);
          assert.equal(exitCode, 0, stderr);
          return true;
        });
      },
    }),
    left: () => readdirSync(join(state, 'jobs')),
  };
}

/** Every launch is reported by its pod, whose reporter has this machine's temporary directory at the same path. */
async function sidecarVariables(t: TestContext, cluster: Cluster, namespace: string) {
  const path = realpathSync(tmpdir());
  await claim(t, cluster, namespace, path);
  const volumes = [{ name: 'databases', persistentVolumeClaim: { claimName: 'multiflexi' } }];
  const containers = [{ name: 'reporter', volumeMounts: [{ name: 'databases', mountPath: path }] }];
  const [, file = ''] = podTemplate(t, { spec: { volumes, containers } });
  return { EMISSARY_REPORT: 'sidecar', EMISSARY_POD_TEMPLATE: file };
}

/** The options that add this to the pod. */
export function podTemplate(t: TestContext, template: object): readonly string[] {
  const file = join(temporaryVolume(t), 'pod.json');
  writeFileSync(file, JSON.stringify(template));
  return ['--pod-template', file];
}
