import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peakBytes } from '../../helpers/peak-memory.ts';
import { alternate } from '../alternate.ts';
import { measuredOf } from '../measured.ts';
import { type Peer, placeOf } from '../peer.ts';
import type { Bench, Measured, Row } from '../row.ts';
import { makeMixedTree, makeSmallFiles, makeSparseFile } from '../sample-tree.ts';
import { wallTimeMs } from '../wall-time.ts';

const MB = 1e6;
const MiB = 2 ** 20;
const mixedBytes = 120 * 8 * MiB;
const smallFiles = 100_000;
const largeBytes = 10e9;
const runs = 3;
const samplingMs = 20;
const gzip = { tar: { compressionLevel: 6 } };
const zstd = { zstd: { level: 3 } };

/** A tree that is saved as an artifact by a run of `true`, and what else packs it, a shell's words with {tree}, {out}. */
interface Packing {
  readonly make: (directory: string) => void;
  readonly bytes: number;
  readonly archive: object;
  readonly others: Readonly<Record<string, string>>;
}

const mixed = {
  make: (directory: string) => makeMixedTree(directory, mixedBytes),
  bytes: mixedBytes,
  archive: gzip,
};
const small = {
  make: (directory: string) => makeSmallFiles(directory, smallFiles),
  bytes: smallFiles * 1024,
  archive: gzip,
};
const tarGzip = { 'tar czf': 'GZIP=-6 tar -C {tree} -czf {out} .' };
const tarPigz = { 'tar | pigz -p2': 'tar -C {tree} -cf - . | pigz -p2 -6 >{out}' };
const tarZstd = { 'tar | zstd -T2': 'tar -C {tree} -cf - . | zstd -T2 -3 -q -f -o {out}' };

/** What a job leaves, packed: against the tools that people would have used. */
export const rows: readonly Row[] = [
  speed('artifact-gzip', '1 GB as .tgz, level 6', { ...mixed, others: tarGzip }, 1.7),
  speed('artifact-pigz', '1 GB as .tgz, level 6', { ...mixed, others: tarPigz }, 1.1),
  speed('artifact-small', '100,000 files of 1 KB as .tgz', { ...small, others: tarGzip }, 0.7),
  speed('artifact-zstd', '1 GB as .tar.zst, level 3', { ...mixed, archive: zstd, others: tarZstd }, 0.7),
  {
    name: 'artifact-gzip-size',
    title: '1 GB as .tgz, level 6, its size',
    unit: 'bytes',
    target: { kind: 'ratio', atMost: 1.03 },
    measure: (bench) => measureSize(bench, { ...mixed, others: tarGzip }),
  },
  memory('artifact-gzip-memory', 'peak memory, 1 GB as .tgz', { ...mixed, others: {} }),
  memory('artifact-zstd-memory', 'peak memory, 1 GB as .tar.zst', { ...mixed, archive: zstd, others: {} }),
  memory('artifact-small-memory', 'peak memory, 100,000 files as .tgz', { ...small, others: {} }),
  memory('artifact-zip-memory', 'peak memory, 100,000 files as .zip', {
    ...small,
    archive: { zip: {} },
    others: {},
  }),
  memory('artifact-large-memory', 'peak memory, 10 GB as .tgz', {
    make: makeLarge,
    bytes: largeBytes,
    archive: gzip,
    others: {},
  }),
  {
    name: 'init',
    title: 'init, the program installed',
    unit: 'ms',
    target: { kind: 'ratio', atMost: 1.5 },
    measure: measureInit,
  },
];

function speed(name: string, title: string, packing: Packing, atLeast: number): Row {
  const measure = (bench: Bench) => measureSpeed(bench, packing);
  return { name, title, unit: 'MB/s', target: { kind: 'ratio', atLeast }, measure };
}

function memory(name: string, title: string, packing: Packing): Row {
  const measure = (bench: Bench) => measureMemory(bench, packing);
  return { name, title, unit: 'MiB', target: { kind: 'value', of: 'max', atMost: 160 }, measure };
}

function makeLarge(directory: string): void {
  mkdirSync(directory);
  makeSparseFile(join(directory, 'zeros'), largeBytes);
}

async function measureSpeed(bench: Bench, packing: Packing): Promise<Measured> {
  const setting = prepare(bench, packing);
  const rate = (ms: number) => packing.bytes / MB / (ms / 1000);
  const samples = await alternate(bench.times(runs), {
    ours: () => rate(setting.ours()),
    ...Object.fromEntries(
      Object.entries(packing.others).map(([name, args]) => [name, () => rate(setting.other(args))]),
    ),
    ...Object.fromEntries(
      bench.peers
        .filter(({ root }) => root !== null)
        .map((peer) => [peer.name, () => rate(setting.peer(peer, bench.directory()))]),
    ),
  });
  setting.clear();
  return measuredOf(samples);
}

async function measureSize(bench: Bench, packing: Packing): Promise<Measured> {
  const setting = prepare(bench, packing);
  setting.ours();
  const ours = [statSync(setting.artifact()).size];
  const others = Object.entries(packing.others).map(([name, args]) => {
    setting.other(args);
    return { name, samples: [statSync(setting.out).size] };
  });
  setting.clear();
  return { ours, others };
}

async function measureMemory(bench: Bench, packing: Packing): Promise<Measured> {
  const setting = prepare(bench, packing);
  const wrapper = spawn(bench.program, ['run', '--root', setting.root, '--', 'true'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let peak = 0;
  const sampling = setInterval(() => {
    peak = Math.max(peak, peakBytes(wrapper.pid ?? -1));
  }, samplingMs);
  const [status] = await once(wrapper, 'exit');
  clearInterval(sampling);
  if (status !== 0) throw new Error(`emissary run ended with ${status}`);
  setting.clear();
  return { ours: [peak / MiB], others: [] };
}

function prepare(bench: Bench, packing: Packing) {
  const directory = bench.directory();
  const [root, tree, out] = ['root', 'tree', 'out'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  packing.make(tree);
  mkdirSync(root);
  const artifacts = [{ name: 'tree', path: tree, archive: packing.archive }];
  const template = JSON.stringify({ outputs: { artifacts } });
  writeFileSync(join(root, 'template'), template);
  return {
    root,
    out,
    ours: () => wallTimeMs([bench.program, 'run', '--root', root, '--', 'true']),
    peer: (peer: Peer, fresh: string) => {
      const { root: own, args } = placeOf(peer, fresh, ['true']);
      writeFileSync(join(own ?? '', 'template'), template);
      // Argo's program takes it from there.
      return wallTimeMs(args, { ARGO_TEMPLATE: template });
    },
    other: (args: string) =>
      wallTimeMs(['sh', '-c', args.replaceAll('{tree}', tree).replaceAll('{out}', out)]),
    artifact() {
      const result = JSON.parse(readFileSync(join(root, 'ctr/main/result.json'), 'utf8'));
      return join(root, result.outputs.artifacts[0].file);
    },
    clear: () => rmSync(directory, { recursive: true }),
  };
}

async function measureInit(bench: Bench): Promise<Measured> {
  const directory = bench.directory();
  const [root, copy] = [join(directory, 'root'), join(directory, 'copy')];
  const samples = await alternate(bench.times(10), {
    ours: () => {
      rmSync(root, { recursive: true, force: true });
      return wallTimeMs([bench.program, 'init', '--root', root]);
    },
    'cp of the same bytes': () => {
      rmSync(copy, { recursive: true, force: true });
      return wallTimeMs(['cp', '--reflink=never', bench.program, copy]);
    },
  });
  return measuredOf(samples);
}
