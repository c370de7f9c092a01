import { adminKubeconfig } from '../../cluster/places.ts';
import { ApiClient, apiAccess } from '../../helpers/api-client.ts';
import { apiServerBeside } from '../../helpers/api-server.ts';
import { image, withCluster } from '../bench-cluster.ts';
import { countRequests } from '../count-requests.ts';
import { withJobsPlace } from '../jobs-place.ts';
import { quantileOf, startOperator } from '../operator-process.ts';
import type { Bench, Row } from '../row.ts';
import { onSimulatedNode, withSimulatedNode } from '../simulated-node.ts';

const many = 1_000;
const finished = 10_000;
const real = 30;

/** What an operator costs, against the same number of plain Jobs on the same cluster. */
export const rows: readonly Row[] = [
  {
    name: 'operator-many',
    title: '1,000 jobs of a second as resources, at once, on a simulated node, until the last is recorded',
    unit: 'ms',
    target: { kind: 'none' },
    measure: async (bench) => {
      const { ours, jobs } = await simulated(bench);
      return { ours: [ours], others: [{ name: 'Job', samples: [jobs] }] };
    },
  },
  {
    name: 'operator-latency-p50',
    title: '… an operator’s work on one of them at a time, p50',
    unit: 'ms',
    target: { kind: 'none' },
    measure: async (bench) => ({ ours: [(await simulated(bench)).p50], others: [] }),
  },
  {
    name: 'operator-latency-p99',
    title: '… p99',
    unit: 'ms',
    target: { kind: 'none' },
    measure: async (bench) => ({ ours: [(await simulated(bench)).p99], others: [] }),
  },
  {
    name: 'operator-requests',
    title: '… requests of the operator to the API server, for each job',
    unit: 'requests',
    target: { kind: 'none' },
    measure: async (bench) => ({ ours: [(await simulated(bench)).requests], others: [] }),
  },
  {
    name: 'operator-memory',
    title: 'private memory of an operator with 10,000 finished jobs',
    unit: 'MiB',
    target: { kind: 'value', of: 'max', atMost: 150 },
    measure: async (bench) => ({ ours: [await memory(bench)], others: [] }),
  },
  {
    name: 'operator-real',
    title: '30 jobs of a second as resources, at once, on a real node, until the last is recorded',
    unit: 'ms',
    target: { kind: 'none' },
    measure: (bench) =>
      withCluster(bench, () =>
        withJobsPlace(new ApiClient(apiAccess(adminKubeconfig)), async (place) => {
          const operator = await startOperator(adminKubeconfig, place.namespace);
          const count = bench.times(real);
          try {
            const ours = await place.resources(count, operator, job({}));
            return {
              ours: [ours],
              others: [{ name: 'Job', samples: [await place.plainJobs(count, plain({}))] }],
            };
          } finally {
            await operator.stop();
          }
        }),
      ),
  },
];

/** The parts of a second's job. */
function job(spec: object): object {
  return { image, command: ['sh', '-c', 'sleep 1'], podTemplate: { spec } };
}

function plain(spec: object): object {
  return {
    restartPolicy: 'Never',
    containers: [{ name: 'main', image, command: ['sh', '-c', 'sleep 1'] }],
    ...spec,
  };
}

interface Simulated {
  readonly ours: number;
  readonly jobs: number;
  readonly p50: number;
  readonly p99: number;
  readonly requests: number;
}

const measured = new WeakMap<Bench, Promise<Simulated>>();

/** One run for all rows about it. */
function simulated(bench: Bench): Promise<Simulated> {
  const known = measured.get(bench);
  if (known !== undefined) return known;
  const run = measureSimulated(bench);
  measured.set(bench, run);
  return run;
}

function measureSimulated(bench: Bench): Promise<Simulated> {
  return withCluster(bench, async (_, cluster) => {
    const client = new ApiClient(apiAccess(adminKubeconfig));
    // Whoever else uses the cluster does not count.
    const own = await apiServerBeside(cluster, bench.directory());
    try {
      return await withSimulatedNode(client, adminKubeconfig, () =>
        withJobsPlace(client, async (place) => {
          const count = bench.times(many);
          const operator = await startOperator(own.kubeconfig, place.namespace);
          try {
            const before = await countRequests(cluster.kubectl, own.kubeconfig);
            const ours = await place.resources(count, operator, job(onSimulatedNode));
            const after = await countRequests(cluster.kubectl, own.kubeconfig);
            const metrics = await operator.metrics();
            const latency = (quantile: number) =>
              1_000 * quantileOf(metrics, 'emissary_operator_reconcile_seconds', quantile);
            await operator.stop();
            const jobs = await place.plainJobs(count, plain(onSimulatedNode));
            return { ours, jobs, p50: latency(0.5), p99: latency(0.99), requests: (after - before) / count };
          } finally {
            await operator.stop();
          }
        }),
      );
    } finally {
      await own.kill();
      client.close();
    }
  });
}

/** Of one that finds them when it starts, and knows them a while. */
function memory(bench: Bench): Promise<number> {
  return withCluster(bench, () =>
    withJobsPlace(new ApiClient(apiAccess(adminKubeconfig)), async (place) => {
      await place.finished(bench.times(finished), job({}));
      const operator = await startOperator(adminKubeconfig, place.namespace);
      try {
        let most = 0;
        for (const end = performance.now() + 10_000; performance.now() < end; ) {
          most = Math.max(most, operator.memory());
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        return most;
      } finally {
        await operator.stop();
      }
    }),
  );
}
