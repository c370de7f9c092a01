import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type DockerDaemon, startDockerDaemon } from '../../../build/docker-daemon.ts';
import { type Engine, engineOf } from '../../helpers/engine.ts';
import { hostProgram } from '../../helpers/program.ts';
import { alternate } from '../alternate.ts';
import { watchPrivateMemory } from '../private-memory.ts';
import type { Bench, Measured, Row } from '../row.ts';
import { begin, busyboxTree, type Start, throughput, timeOf } from '../timed-start.ts';

const runs = 15;
const MiB = 1024 * 1024;
const image = `localhost/emissary-bench-launch-${process.pid}:latest`;
const sleep = 'echo ready; sleep 2';

/** What it costs to launch a job, against the engine's own client. */
export const rows: readonly Row[] = (['docker', 'podman'] as const).flatMap((name): readonly Row[] => [
  {
    name: `launch-true-${name}`,
    title: `launch --engine ${name} -- true`,
    unit: 'ms',
    target: { kind: 'ratio', atMost: 1.5 },
    measure: (bench) =>
      compared(bench, name, runs, (start) => timeOf(start, ['true']).then(({ all }) => all)),
  },
  {
    name: `launch-first-${name}`,
    title: `launch --engine ${name} → the job's first byte`,
    unit: 'ms',
    target: { kind: 'ratio', atMost: 1.5 },
    measure: (bench) =>
      compared(bench, name, runs, (start) => timeOf(start, ['echo', 'x']).then(({ first }) => first)),
  },
  {
    name: `launch-output-${name}`,
    title: `1 GB of output through launch --engine ${name}`,
    unit: 'MB/s',
    target: { kind: 'ratio', atLeast: 1 },
    measure: (bench) => compared(bench, name, 3, (start) => throughput(start, bench.scale)),
  },
  {
    name: `launch-memory-${name}`,
    title: `private memory of launch --engine ${name}`,
    unit: 'MiB',
    target: { kind: 'value', of: 'max', atMost: 60 },
    measure: (bench) =>
      withEngine(bench, name, async (starts) => ({
        ours: [await memory(starts.ours, 1)],
        others: [{ name: 'each of 50 at a time', samples: [await memory(starts.ours, bench.times(50))] }],
      })),
  },
]);

async function compared(
  bench: Bench,
  name: Engine['name'],
  times: number,
  take: (start: Start) => Promise<number>,
): Promise<Measured> {
  return withEngine(bench, name, async (starts) => {
    const client = `${name} run`;
    const samples = await alternate(bench.times(times), {
      ours: () => take(starts.ours),
      [client]: () => take(starts.client),
    });
    return {
      ours: samples.get('ours') ?? [],
      others: [{ name: client, samples: samples.get(client) ?? [] }],
    };
  });
}

async function withEngine<T>(
  bench: Bench,
  name: Engine['name'],
  use: (starts: { readonly ours: Start; readonly client: Start }) => Promise<T>,
): Promise<T> {
  const daemon: DockerDaemon | null = name === 'docker' ? await startDockerDaemon() : null;
  const host = daemon?.host ?? process.env['DOCKER_HOST'];
  const env = { ...engineOf(name).env, ...(host !== undefined && { DOCKER_HOST: host }) };
  const quietly = (args: readonly string[]) =>
    execFileSync('/bin/sh', args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  try {
    quietly(['-c', `tar -C '${busyboxTree(bench)}' -c . | ${name} import - ${image}`]);
    const options = ['--engine', name, '--state', join(bench.directory(), 'state'), '--network', 'none'];
    return await use({
      ours: { args: [hostProgram, 'launch', ...options, '--image', image, '--'], env },
      client: { args: [name, 'run', '--rm', '--network', 'none', image], env },
    });
  } finally {
    quietly(['-c', `${name} rmi --force ${image} || true`]);
    await daemon?.stop();
  }
}

/** The most private memory of one launcher, MiB, while this many run. */
async function memory(start: Start, count: number): Promise<number> {
  const children = Array.from({ length: count }, () => begin(start, ['sh', '-c', sleep]));
  const peaks = children.map((child) => {
    child.stdout.resume();
    return watchPrivateMemory(child);
  });
  const ended = await Promise.all(children.map((child) => once(child, 'close')));
  const failed = ended.find(([status]) => status !== 0);
  if (failed !== undefined) throw new Error(`a launch ended with ${failed[0]}`);
  return Math.max(...peaks.map((peak) => peak())) / MiB;
}
