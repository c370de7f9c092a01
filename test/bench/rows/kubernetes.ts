import { once } from 'node:events';
import { apiServerBeside, type Beside } from '../../helpers/api-server.ts';
import { alternate } from '../alternate.ts';
import { withCluster } from '../bench-cluster.ts';
import { countRequests } from '../count-requests.ts';
import { watchPrivateMemory } from '../private-memory.ts';
import type { Bench, Measured, Row } from '../row.ts';
import { begin, type Start, throughput, timeOf } from '../timed-start.ts';

const runs = 9;
const manyPods = 100;
const MiB = 1024 * 1024;

/** What it costs to launch a job on Kubernetes, against kubectl on the same cluster. */
export const rows: readonly Row[] = [
  {
    name: 'kubernetes-true',
    title: 'launch --engine kubernetes -- true',
    unit: 'ms',
    target: { kind: 'none' },
    measure: (bench) =>
      compared(bench, runs, (start) => timeOf(start(), ['sh', '-c', 'true']).then(({ all }) => all)),
  },
  {
    name: 'kubernetes-first',
    title: 'launch --engine kubernetes → the job’s first byte',
    unit: 'ms',
    target: { kind: 'none' },
    measure: (bench) =>
      compared(bench, runs, (start) => timeOf(start(), ['sh', '-c', 'echo x']).then(({ first }) => first)),
  },
  {
    name: 'kubernetes-output',
    title: '1 GB of output through launch --engine kubernetes',
    unit: 'MB/s',
    target: { kind: 'none' },
    // Where kubectl loses some of it, it has no figure.
    measure: (bench) => compared(bench, 3, (start) => throughput(start(), bench.scale).catch(() => 0)),
  },
  {
    name: 'kubernetes-many',
    title: 'launch --engine kubernetes, 100 jobs at once, until the last is recorded',
    unit: 'ms',
    target: { kind: 'none' },
    measure: (bench) =>
      withCluster(bench, async ({ ours }) => ({ ours: [await many(ours, bench)], others: [] })),
  },
  {
    name: 'kubernetes-requests',
    title: 'requests of one job to the API server',
    unit: 'requests',
    target: { kind: 'none' },
    measure: (bench) =>
      withCluster(bench, async ({ ours, client }, cluster) => {
        const server = await apiServerBeside(cluster, bench.directory());
        try {
          const counted = (start: Start) => requests(start, cluster, server.kubeconfig);
          return {
            ours: [await counted(ours())],
            others: [{ name: 'kubectl run', samples: [await counted(client())] }],
          };
        } finally {
          await server.kill();
        }
      }),
  },
  {
    name: 'kubernetes-memory',
    title: 'private memory of launch --engine kubernetes',
    unit: 'MiB',
    target: { kind: 'value', of: 'max', atMost: 60 },
    measure: (bench) =>
      withCluster(bench, async ({ ours }) => ({ ours: [await memory(ours())], others: [] })),
  },
];

async function compared(
  bench: Bench,
  times: number,
  take: (start: () => Start) => Promise<number>,
): Promise<Measured> {
  return withCluster(bench, async ({ ours, client }) => {
    const samples = await alternate(bench.times(times), {
      ours: () => take(ours),
      'kubectl run': () => take(client),
    });
    return {
      ours: samples.get('ours') ?? [],
      others: [{ name: 'kubectl run', samples: samples.get('kubectl run') ?? [] }],
    };
  });
}

/** Ms until the last of many jobs at once has ended, each with its results in a directory. */
async function many(start: () => Start, bench: Bench): Promise<number> {
  const results = bench.directory();
  const began = performance.now();
  const children = Array.from({ length: bench.times(manyPods) }, (_, index) => {
    const { args, env } = start();
    const [file = '', verb = '', ...rest] = args;
    const own = ['--job-id', String(index + 1), '--results', results, '--start-timeout', '3600'];
    const child = begin({ args: [file, verb, ...own, ...rest], env }, ['sh', '-c', 'echo done']);
    child.stdout.resume();
    return once(child, 'close');
  });
  const failed = (await Promise.all(children)).find(([status]) => status !== 0);
  if (failed !== undefined) throw new Error(`a launch ended with ${failed[0]}`);
  return performance.now() - began;
}

async function memory(start: Start): Promise<number> {
  const child = begin(start, ['sh', '-c', 'echo ready; sleep 2']);
  child.stdout.resume();
  const peak = watchPrivateMemory(child);
  await once(child, 'close');
  return peak() / MiB;
}

/** How many requests a job makes to an API server that nobody else uses; readiness and metrics do not count. */
async function requests({ args, env }: Start, { kubectl }: Beside, kubeconfig: string): Promise<number> {
  const count = () => countRequests(kubectl, kubeconfig);
  const before = await count();
  const child = begin({ args, env: { ...env, KUBECONFIG: kubeconfig } }, ['sh', '-c', 'echo x']);
  child.stdout.resume();
  await once(child, 'close');
  return (await count()) - before;
}
