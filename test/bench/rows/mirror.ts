import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hostProgram } from '../../helpers/program.ts';
import { alternate } from '../alternate.ts';
import type { Bench, Measured, Row } from '../row.ts';
import { makeSmallFiles } from '../sample-tree.ts';
import { wallTimeMs } from '../wall-time.ts';

const MB = 1e6;
const smallFiles = 100_000;
const largeBytes = 1e9;
const runs = 3;

/** A volume that is elsewhere, copied through a pipe: against the tools that an engine's own copy is made of. */
export const rows: readonly Row[] = [
  {
    name: 'mirror-small',
    title: 'mirror of 100,000 outputs of 1 KB',
    unit: 'MB/s',
    target: { kind: 'ratio', atLeast: 0.3 },
    measure: (bench) => measure(bench, smallFiles * 1024, (root) => makeOutputs(root)),
  },
  {
    name: 'mirror-large',
    title: 'mirror of 1 GB of output',
    unit: 'MB/s',
    target: { kind: 'ratio', atLeast: 0.3 },
    measure: (bench) => measure(bench, largeBytes, () => ['head', '-c', String(largeBytes), '/dev/urandom']),
  },
];

/** @param make puts the outputs in place, and returns the job's command */
async function measure(
  bench: Bench,
  bytes: number,
  make: (root: string) => readonly string[],
): Promise<Measured> {
  const directory = bench.directory();
  const [far, near, copy] = ['far', 'near', 'copy'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(far);
  const command = make(far);
  wallTimeMs(['sh', '-c', '"$@" >/dev/null', 'sh', bench.program, 'run', '--root', far, '--', ...command]);
  const rate = (ms: number) => bytes / MB / (ms / 1000);
  const samples = await alternate(bench.times(runs), {
    ours: () => {
      rmSync(near, { recursive: true, force: true });
      return rate(
        wallTimeMs([hostProgram, 'mirror', '--root', near, '--', bench.program, 'send', '--root', far]),
      );
    },
    'tar | tar': () => {
      rmSync(copy, { recursive: true, force: true });
      mkdirSync(copy);
      return rate(wallTimeMs(['sh', '-c', `tar -C '${far}' -cf - . | tar -C '${copy}' -xf -`]));
    },
  });
  rmSync(directory, { recursive: true });
  return {
    ours: samples.get('ours') ?? [],
    others: [{ name: 'tar | tar', samples: samples.get('tar | tar') ?? [] }],
  };
}

function makeOutputs(root: string): readonly string[] {
  mkdirSync(join(root, 'outputs'));
  makeSmallFiles(join(root, 'outputs/artifacts'), smallFiles);
  return ['true'];
}
