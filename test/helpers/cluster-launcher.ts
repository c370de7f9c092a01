import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { type Cluster, requireCluster, restrictedNamespace } from './cluster.ts';
import { exampleImages } from './example-images.ts';
import { withBusybox } from './images.ts';
import { jobImage, jobTools, type Launcher, label, starters } from './launcher.ts';
import { requireProgram } from './require.ts';
import { temporaryVolume } from './volume.ts';

/** A launcher of jobs in a cluster, with a namespace of the test's own. */
export interface ClusterLauncher extends Launcher {
  readonly cluster: Cluster;
  readonly namespace: string;
}

/** Null after the test was skipped because there is no cluster; in CI that is a failure. */
export async function clusterLauncher(t: TestContext): Promise<ClusterLauncher | null> {
  const cluster = await requireCluster(t);
  if (cluster === null || !requireProgram(t, 'busybox')) return null;
  for (const { image, fill, start } of exampleImages) await cluster.addImage(image, fill, start);
  await cluster.addImage(jobImage, (tree) => withBusybox(tree, jobTools));
  const namespace = await restrictedNamespace(t, cluster);
  const state = join(temporaryVolume(t), 'state');
  atEnd(t, () => rmSync(state, { recursive: true, force: true }));
  const env = { KUBECONFIG: cluster.kubeconfig, EMISSARY_NAMESPACE: namespace, EMISSARY_STATE_DIR: state };
  const options = ['--engine', 'kubernetes', '--image', jobImage];
  return {
    name: 'kubernetes',
    cluster,
    namespace,
    engine: null,
    state,
    env,
    options,
    ...starters(t, options, env),
    containers: async () => {
      const args = ['get', 'pods', '--output=name', `--selector=${label(state)}`];
      const { stdout } = await cluster.kubectl(['--namespace', namespace, ...args]);
      return stdout.split('\n').filter((line) => line !== '');
    },
    left: () => readdirSync(join(state, 'jobs')),
  };
}
