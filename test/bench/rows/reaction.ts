import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { killTree } from '../../helpers/kill-tree.ts';
import type { Bench, Measured, Row } from '../row.ts';
import { readStamps, writeTinyProgram } from '../tiny-program.ts';

const runs = 200;

/** How long the wrapper takes to do something about what happened. */
export const rows: readonly Row[] = [
  {
    name: 'seal',
    title: "the job's death → sealed",
    unit: 'ms',
    target: { kind: 'value', of: 'p99', atMost: 10 },
    measure: deathToSeal,
  },
  {
    name: 'signal',
    title: 'signal file written → signal delivered',
    unit: 'ms',
    target: { kind: 'value', of: 'p99', atMost: 10 },
    measure: requestToSignal,
  },
];

/** The job tells the time as the last thing that it does; the seal is timed by our own watch of the directory. */
async function deathToSeal(bench: Bench): Promise<Measured> {
  const stamp = join(bench.directory(), 'stamp');
  writeTinyProgram('stamp', stamp);
  const ours: number[] = [];
  for (let run = 0; run < bench.times(runs); run += 1) {
    const root = bench.directory();
    const directory = join(root, 'ctr', 'main');
    mkdirSync(directory, { recursive: true, mode: 0o777 });
    const sealed = new Promise<bigint>((resolve) => {
      const watcher = watch(directory, (_, name) => {
        if (name !== 'exitcode') return;
        resolve(process.hrtime.bigint());
        watcher.close();
      });
    });
    // The job dies when the wrapper has long been at rest: 0.1 s after its start.
    const wrapper = start(bench, root, ['sh', '-c', 'sleep 0.1; exec "$0"', stamp]);
    wrapper.stdout?.resume();
    const [time] = await Promise.all([sealed, once(wrapper, 'close')]);
    const [death] = readStamps(readFileSync(join(directory, 'stdout')));
    if (death === undefined) throw new Error('the job told no time');
    ours.push(Number(time - death) / 1e6);
  }
  return { ours, others: [] };
}

async function requestToSignal(bench: Bench): Promise<Measured> {
  const root = bench.directory();
  const job = join(bench.directory(), 'stamp-signals');
  writeTinyProgram('stamp-signals', job);
  const wrapper = start(bench, root, [job]);
  const ours: number[] = [];
  try {
    await nextBytes(wrapper);
    for (let request = 0; request < bench.times(runs); request += 1) {
      const told = nextBytes(wrapper);
      const written = process.hrtime.bigint();
      writeFileSync(join(root, '.signal'), 'USR1');
      renameSync(join(root, '.signal'), join(root, 'ctr', 'main', 'signal'));
      const [delivered] = readStamps(await told);
      if (delivered === undefined) throw new Error('the job told no time');
      ours.push(Number(delivered - written) / 1e6);
    }
  } finally {
    if (wrapper.pid !== undefined) killTree(wrapper.pid);
  }
  return { ours, others: [] };
}

function start(bench: Bench, root: string, job: readonly string[]): ChildProcess {
  return spawn(bench.program, ['run', '--root', root, '--', ...job], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function nextBytes(wrapper: ChildProcess): Promise<Buffer> {
  if (wrapper.stdout === null) throw new Error('the wrapper has no standard output');
  const [bytes] = (await once(wrapper.stdout, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer];
  return bytes;
}
