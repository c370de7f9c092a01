import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../helpers/free-port.ts';
import { hostProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { privateBytes } from './private-memory.ts';

/** A running operator. */
export interface OperatorProcess {
  /** What it tells Prometheus, as numbers by name and labels. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  /** The memory that only it has, in MiB. */
  memory(): number;
  stop(): Promise<void>;
}

/** Starts an operator of a namespace, and waits until it knows everything. */
export async function startOperator(kubeconfig: string, namespace: string): Promise<OperatorProcess> {
  const port = await freePort();
  const args = ['operator', '--namespace', namespace, '--lease', '0', '--probes', String(port)];
  const child = spawn(hostProgram, args, {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (piece) => {
    said = (said + piece).slice(-10_000);
  });
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  await until('the operator is ready', async () => {
    if (child.exitCode !== null) throw new Error(said);
    return (await ask('/readyz')) === 'ok\n';
  });
  return {
    metrics: async () => {
      const lines = (await ask('/metrics'))
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'));
      return new Map(lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.replace(/^.* /, ''))]));
    },
    memory: () => privateBytes(child.pid ?? -1) / 2 ** 20,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** A quantile of a histogram, in seconds: within a bucket, evenly. */
export function quantileOf(metrics: ReadonlyMap<string, number>, name: string, quantile: number): number {
  const buckets = [...metrics].flatMap(([key, count]) => {
    const [, bound] = new RegExp(`^${name}_bucket\\{le="([^"]+)"\\}$`).exec(key) ?? [];
    return bound === undefined
      ? []
      : [{ bound: bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), count }];
  });
  const wanted = quantile * (buckets.at(-1)?.count ?? 0);
  let below = { bound: 0, count: 0 };
  for (const bucket of buckets) {
    if (bucket.count >= wanted && Number.isFinite(bucket.bound)) {
      const share = (wanted - below.count) / Math.max(1, bucket.count - below.count);
      return below.bound + share * (bucket.bound - below.bound);
    }
    below = bucket;
  }
  return below.bound;
}
