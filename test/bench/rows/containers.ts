import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, lstatSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type DockerDaemon, startDockerDaemon } from '../../../build/docker-daemon.ts';
import { type Engine, engineOf } from '../../helpers/engine.ts';
import { alternate } from '../alternate.ts';
import type { Bench, Measured, Row } from '../row.ts';
import { wallTimeMs } from '../wall-time.ts';

const runs = 20;
/** What no call of an engine needs, ms. */
const engineBoundMs = 60_000;
const bare = 'the same container without the wrapper';
const image = `localhost/emissary-bench-${process.pid}:latest`;

/** What the wrapper costs where it is used: on a volume, and in a container. */
export const rows: readonly Row[] = [
  {
    name: 'installed',
    title: 'installed program, run -- true, against dist/emissary',
    unit: 'ms',
    target: { kind: 'ratio', atMost: 1.1 },
    measure: installed,
  },
  {
    name: 'init',
    title: 'emissary init, against cp of the same bytes',
    unit: 'ms',
    target: { kind: 'ratio', atMost: 1.5 },
    measure: init,
  },
  {
    name: 'footprint',
    title: 'volume after init',
    unit: 'bytes',
    target: { kind: 'value', of: 'max', atMost: 100_000_000 },
    measure: async (bench) => ({ ours: [bytesBelow(install(bench))], others: [] }),
  },
  {
    name: 'image-size',
    title: 'image of the emissary',
    unit: 'bytes',
    target: { kind: 'value', of: 'max', atMost: 100_000_000 },
    measure: async () => ({ ours: globSync('dist/image/*').map(bytesBelow), others: [] }),
  },
  ...(['podman', 'docker'] as const).map(
    (name): Row => ({
      name: `container-${name}`,
      title: `${name} run … run -- true`,
      unit: 'ms',
      target: { kind: 'none' },
      measure: (bench) => container(bench, engineOf(name)),
    }),
  ),
];

async function installed(bench: Bench): Promise<Measured> {
  const root = install(bench);
  const program = join(root, 'emissary');
  // From the same file system: mapping the program from one in memory takes 4 ms more than from a disk's cache.
  const direct = join(root, 'dist-emissary');
  copyFileSync(bench.program, direct);
  const args = () => ['run', '--root', bench.directory(), '--', 'true'];
  return compared('dist/emissary', bench.times(3 * runs), {
    ours: () => wallTimeMs([program, ...args()]),
    'dist/emissary': () => wallTimeMs([direct, ...args()]),
  });
}

async function init(bench: Bench): Promise<Measured> {
  const source = install(bench);
  return compared('cp', bench.times(runs), {
    ours: () => wallTimeMs([bench.program, 'init', '--root', bench.directory()]),
    cp: () => wallTimeMs(['cp', '-r', source, bench.directory()]),
  });
}

async function container(bench: Bench, engine: Engine): Promise<Measured> {
  let daemon: DockerDaemon | null = null;
  if (engine.name === 'docker') daemon = await startDockerDaemon();
  const env = { ...engine.env, ...(daemon !== null && { DOCKER_HOST: daemon.host }) };
  const quietly = (file: string, args: readonly string[]) =>
    execFileSync(file, args, { env: { ...process.env, ...env }, stdio: 'ignore', timeout: engineBoundMs });
  try {
    quietly('/bin/sh', ['-c', `tar -C '${busyboxTree(bench)}' -c . | ${engine.name} import - ${image}`]);
    const root = install(bench);
    const start = [engine.name, 'run', '--rm', '--network', 'none', '--volume', `${root}:/volume`, image];
    let count = 0;
    return await compared(bare, bench.times(runs), {
      ours: () => {
        count += 1;
        const args = ['/volume/emissary', 'run', '--root', '/volume', '--name', `n${count}`, '--', 'true'];
        return wallTimeMs([...start, ...args], env, engineBoundMs);
      },
      [bare]: () => wallTimeMs([...start, 'true'], env, engineBoundMs),
    });
  } finally {
    try {
      quietly(engine.name, ['rmi', '--force', image]);
    } finally {
      await daemon?.stop();
    }
  }
}

function busyboxTree(bench: Bench): string {
  const tree = bench.directory();
  mkdirSync(join(tree, 'bin'));
  copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
  symlinkSync('busybox', join(tree, 'bin/true'));
  return tree;
}

function install(bench: Bench): string {
  const root = bench.directory();
  execFileSync(bench.program, ['init', '--root', root]);
  return root;
}

function bytesBelow(directory: string): number {
  const files = globSync(join(directory, '**/*')).map((path) => lstatSync(path));
  return files.filter((file) => file.isFile()).reduce((sum, { size }) => sum + size, 0);
}

async function compared(
  reference: string,
  times: number,
  things: Readonly<Record<string, () => number>>,
): Promise<Measured> {
  const samples = await alternate(times, things);
  const others = [{ name: reference, samples: samples.get(reference) ?? [] }];
  return { ours: samples.get('ours') ?? [], others };
}
