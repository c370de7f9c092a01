import { execa } from 'execa';

/** The right to use a Kubernetes cluster in a test run. */
export interface TestCluster {
  /** Stops the cluster if a test has started it. */
  release(): Promise<void>;
}

/**
 * Builds the programs of a cluster, if one could run here, before anything that measures time; the first test that needs
 * the cluster starts it. If this process is killed, the cluster stops by itself.
 */
export async function prepareTestCluster(): Promise<TestCluster> {
  await cluster('prepare');
  process.env['EMISSARY_TEST_RUN'] = `${process.pid}`;
  return { release: () => cluster('release', `${process.pid}`) };
}

/** A failure is printed: the tests report that there is no cluster. */
async function cluster(...args: readonly string[]): Promise<void> {
  const quiet = '--disable-warning=ExperimentalWarning';
  await execa(process.execPath, [quiet, 'test/cluster/cluster.ts', ...args], {
    stdio: 'inherit',
    reject: false,
  });
}
