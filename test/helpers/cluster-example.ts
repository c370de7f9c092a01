import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Cluster, requireCluster, restrictedNamespace } from './cluster.ts';
import { makeExampleDatabase, type StoredJob, storedJob } from './example-database.ts';
import { exampleImages } from './example-images.ts';
import { requireProgram } from './require.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** What the examples need in a cluster: their images, a namespace, and MultiFlexi's database with job 1. */
export interface ExampleCluster {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Applies an example as it is. */
  apply(file: string): Promise<void>;
  /** Waits until the only pod has ended, and returns it. */
  endedPod(): Promise<EndedPod>;
  /** What the database holds of job 1. */
  stored(): StoredJob;
}

/** A pod at its end. */
export interface EndedPod {
  readonly phase: 'Succeeded' | 'Failed';
  /** By the containers' names. */
  readonly exitCodes: Readonly<Record<string, number | undefined>>;
}

interface ContainerStatus {
  readonly name: string;
  readonly state: { readonly terminated?: { readonly exitCode: number } };
}

/** Prepares the cluster for the examples, or skips the test. Everything is removed when the test ends. */
export async function exampleCluster(t: TestContext): Promise<ExampleCluster | null> {
  const cluster = await requireCluster(t);
  if (cluster === null || !requireProgram(t, 'busybox')) return null;
  for (const { image, fill, start } of exampleImages) await cluster.addImage(image, fill, start);
  const directory = temporaryVolume(t);
  const file = makeExampleDatabase(directory);
  const namespace = await restrictedNamespace(t, cluster);
  await claim(t, cluster, namespace, directory);
  const kubectl = (args: readonly string[]) => cluster.kubectl(['--namespace', namespace, ...args]);
  return {
    cluster,
    namespace,
    async apply(name) {
      const { exitCode, stderr } = await kubectl(['apply', '--filename', join('images/examples', name)]);
      assert.equal(exitCode, 0, stderr);
    },
    endedPod: () =>
      until('the pod has ended', async () => {
        const { items } = JSON.parse((await kubectl(['get', 'pods', '--output=json'])).stdout);
        const { phase, containerStatuses = [], initContainerStatuses = [] } = items[0].status;
        // What it waits for, if that does not come.
        if (phase !== 'Succeeded' && phase !== 'Failed') throw new Error(JSON.stringify(items[0].status));
        const all: readonly ContainerStatus[] = [...initContainerStatuses, ...containerStatuses];
        const exitCodes = all.map(({ name, state }) => [name, state.terminated?.exitCode] as const);
        return { phase, exitCodes: Object.fromEntries(exitCodes) };
      }),
    stored: () => storedJob(file),
  };
}

/** Makes the claim `multiflexi`, bound to a directory of this machine. */
export async function claim(
  t: TestContext,
  { kubectl }: Cluster,
  namespace: string,
  path: string,
): Promise<void> {
  const size = { storage: '1Gi' };
  const access = { accessModes: ['ReadWriteOnce'], storageClassName: '' };
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: namespace },
      spec: { ...access, capacity: size, hostPath: { path }, claimRef: { namespace, name: 'multiflexi' } },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'multiflexi', namespace },
      spec: { ...access, volumeName: namespace, resources: { requests: size } },
    },
  ];
  t.after(() => kubectl(['delete', 'persistentvolume', namespace, '--wait=false']));
  const { exitCode, stderr } = await kubectl(['apply', '--filename', '-'], { objects });
  assert.equal(exitCode, 0, stderr);
}
