import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { builtPrograms } from '../cluster/cluster-programs.ts';
import { importImage } from '../cluster/import-image.ts';
import { obstacle } from '../cluster/obstacle.ts';
import { adminKubeconfig, runDirectory } from '../cluster/places.ts';
import { clusterRuns, runningPrograms, startCluster } from '../cluster/start-cluster.ts';
import { atEnd } from './at-end.ts';
import { type ImageStart, type Tree, treeAt } from './images.ts';
import { lacks } from './require.ts';
import { until } from './until.ts';

/** A real Kubernetes cluster with one node, which all test files share. */
export interface Cluster {
  /** The administrator's. */
  readonly kubeconfig: string;
  /** The directory with `kubectl` and `helm`. */
  readonly programs: string;
  /** Runs kubectl; never throws: check the result. */
  kubectl(args: readonly string[], more?: KubectlMore): Promise<KubectlResult>;
  /** Gives the cluster an image. Pods find it under this name; it stays. */
  addImage(image: string, fill: (tree: Tree) => void, start?: ImageStart): Promise<void>;
}

/** More for one call of kubectl. */
export interface KubectlMore {
  /** Objects for its standard input (`--filename -`). */
  readonly objects?: readonly object[];
  /** Another user's than the administrator's. */
  readonly kubeconfig?: string;
}

/** The result of a call of kubectl. */
export interface KubectlResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** No call of kubectl takes this long, ms. */
const callBoundMs = 300_000;

/**
 * The cluster, started by the first test of a run that needs it and stopped at the run's end. Null after the test was
 * skipped because none can run here; in CI that is a failure.
 */
export async function requireCluster(t: TestContext): Promise<Cluster | null> {
  const reason = (await obstacle()) ?? (await start());
  if (reason === null) return cluster();
  lacks(t, reason);
  return null;
}

/** A namespace of the test's own, with the restricted Pod Security Standard; it is deleted when the test ends. */
export async function restrictedNamespace(t: TestContext, { kubectl }: Cluster): Promise<string> {
  const name = `test-${randomBytes(5).toString('hex')}`;
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  atEnd(t, () => kubectl(['delete', 'namespace', name, '--wait=false']));
  await until('the namespace is made', async () => {
    const { exitCode, stderr } = await kubectl(['apply', '--filename', '-'], { objects: [namespace] });
    if (exitCode !== 0) throw new Error(stderr);
    return true;
  });
  // Pods are refused before it has its account.
  const account = ['--namespace', name, 'get', 'serviceaccount', 'default'];
  await until('the namespace has an account', async () => (await kubectl(account)).exitCode === 0);
  return name;
}

/** @returns why there is no cluster; null if it runs */
async function start(): Promise<string | null> {
  const programs = clusterRuns() ? runningPrograms() : await builtPrograms();
  if (programs === null) return 'the cluster is not built (`npm run cluster -- build`, which needs Go)';
  // `npm test` lives longer than a test file does.
  await startCluster(programs, Number(process.env['EMISSARY_TEST_RUN'] ?? process.ppid));
  return null;
}

function cluster(): Cluster {
  const programs = runningPrograms();
  return {
    kubeconfig: adminKubeconfig,
    programs,
    async kubectl(args, { objects, kubeconfig = adminKubeconfig } = {}) {
      const list = { apiVersion: 'v1', kind: 'List', items: objects };
      const { exitCode, stdout, stderr } = await execa(join(programs, 'kubectl'), args, {
        env: { KUBECONFIG: kubeconfig, KUBECACHEDIR: join(runDirectory, 'kubectl-cache') },
        ...(objects !== undefined && { input: JSON.stringify(list) }),
        reject: false,
        timeout: callBoundMs,
      });
      return { exitCode, stdout, stderr };
    },
    async addImage(image, fill, { entrypoint, user } = {}) {
      const started = {
        ...(entrypoint !== undefined && { entrypoint: [entrypoint] }),
        ...(user !== undefined && { user }),
      };
      await importImage(image, started, (directory) => {
        chmodSync(directory, 0o755);
        fill(treeAt(directory));
      });
    },
  };
}
