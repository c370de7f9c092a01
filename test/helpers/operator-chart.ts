import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { here } from '../../build/architecture.ts';
import { projectVersion } from '../../build/version-mentions.ts';
import { atEnd } from './at-end.ts';
import { type Cluster, requireCluster, restrictedNamespace } from './cluster.ts';
import { exampleImages } from './example-images.ts';
import { withBusybox, withTree } from './images.ts';
import { jobImage, jobTools } from './launcher-parts.ts';
import { type OperatorPlace, operatorIn } from './operator.ts';
import { packedChart } from './packed-chart.ts';
import { requireProgram } from './require.ts';
import { temporaryVolume } from './volume.ts';

/** What helm has answered. */
export interface HelmResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The operator's chart, as it is released, and a namespace of the test's own. */
export interface OperatorChart extends Pick<OperatorPlace, 'kubectl' | 'apply' | 'make' | 'job' | 'phase'> {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** The packed chart. */
  readonly chart: string;
  /** Runs helm in the namespace; never throws. */
  helm(args: readonly string[]): Promise<HelmResult>;
  /** The same; its failure is the test's. @returns its output */
  helmDone(args: readonly string[]): Promise<string>;
  /** Writes values into a file. @returns the option that names it */
  values(values: object): readonly string[];
}

/** Whoever asks for a chart that is not the tests' own gets no definition: the cluster's is every test's. */
export const withoutDefinition = { crd: { install: false } };

/** Null after the test was skipped because there is no cluster; in CI that is a failure. */
export async function operatorChart(t: TestContext): Promise<OperatorChart | null> {
  const cluster = await requireCluster(t);
  if (cluster === null || !requireProgram(t, 'busybox')) return null;
  for (const { image, fill, start } of exampleImages) await cluster.addImage(image, fill, start);
  const image = `multiflexi-emissary-operator:${await projectVersion()}`;
  const tree = `dist/operator-image/${here.oci}`;
  const start = { entrypoint: '/emissary', user: '65532:65532' };
  await cluster.addImage(image, (into) => withTree(into, tree), start);
  await cluster.addImage(jobImage, (tree) => withBusybox(tree, jobTools));
  const namespace = await restrictedNamespace(t, cluster);
  const place = await operatorIn(t, cluster, namespace);
  const helm = (args: readonly string[]) => helmOf(cluster, [...args, '--namespace', namespace]);
  atEnd(t, () => helm(['uninstall', 'emissary', '--no-hooks', '--ignore-not-found']));
  return {
    ...place,
    chart: await packedChart(t),
    helm,
    async helmDone(args) {
      const { exitCode, stdout, stderr } = await helm(args);
      assert.equal(exitCode, 0, stderr);
      return stdout;
    },
    values(values) {
      const file = join(temporaryVolume(t), 'values.yaml');
      writeFileSync(file, JSON.stringify(values));
      return ['--values', file];
    },
  };
}

/** Runs the cluster's helm; never throws. */
async function helmOf(
  { programs, kubeconfig }: Pick<Cluster, 'programs' | 'kubeconfig'>,
  args: readonly string[],
): Promise<HelmResult> {
  const { exitCode, stdout, stderr } = await execa(join(programs, 'helm'), args, {
    env: { KUBECONFIG: kubeconfig },
    reject: false,
  });
  return { exitCode, stdout, stderr };
}
