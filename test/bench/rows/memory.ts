import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { alternate } from '../alternate.ts';
import { measuredOf } from '../measured.ts';
import { ourselves, type Peer } from '../peer.ts';
import { mappedBytes, watchPrivateMemory } from '../private-memory.ts';
import { startRested } from '../rested-wrapper.ts';
import type { Bench, Measured, Row } from '../row.ts';

const MiB = 2 ** 20;
const idleRuns = 5;
const slowRuns = 3;
/** What a reader takes before it rests, and how long it rests, ms: 2 GB take some 5 s. */
const gulpBytes = 4 * MiB;
const restMs = 10;

/** Memory that the wrapper has for itself alone: what each further job on a node costs. */
export const rows: readonly Row[] = [
  {
    name: 'memory-idle',
    title: 'private memory, clean pages too, idle job',
    unit: 'MiB',
    target: { kind: 'value', of: 'p50', atMost: 35 },
    measure: idle,
  },
  {
    name: 'memory-slow-reader',
    title: 'private memory, peak, 2 GB into a slow reader',
    unit: 'MiB',
    target: { kind: 'value', of: 'max', atMost: 64 },
    measure: slowReader,
  },
];

async function idle(bench: Bench): Promise<Measured> {
  const restedMiB = async (peer: Peer) => {
    using wrapper = await startRested(peer, bench.directory(), ['sh', '-c', 'echo ready; exec sleep 600']);
    return mappedBytes(wrapper.process.pid ?? -1) / MiB;
  };
  const things = [ourselves(bench.program), ...bench.peers].map(
    (peer) => [peer.name, () => restedMiB(peer)] as const,
  );
  return measuredOf(await alternate(bench.times(idleRuns), Object.fromEntries(things)));
}

async function slowReader(bench: Bench): Promise<Measured> {
  const ours: number[] = [];
  for (let run = 0; run < bench.times(slowRuns); run += 1) {
    const wrapper = start(bench, bench.directory(), [
      'dd',
      'if=/dev/zero',
      'bs=64k',
      'count=32768',
      'status=none',
    ]);
    const peak = watchPrivateMemory(wrapper);
    await readSlowly(wrapper);
    ours.push(peak() / MiB);
  }
  return { ours, others: [] };
}

async function readSlowly({ stdout }: ChildProcess): Promise<void> {
  let total = 0;
  let gulp = 0;
  for await (const piece of stdout ?? []) {
    total += (piece as Buffer).length;
    gulp += (piece as Buffer).length;
    if (gulp < gulpBytes) continue;
    gulp = 0;
    await pause(restMs);
  }
  if (total !== 2 * 1024 * MiB) throw new Error(`the slow reader got ${total} bytes`);
}

function start(bench: Bench, root: string, job: readonly string[]): ChildProcess {
  const args = ['run', '--root', root, '--grace', '1', '--log-limit', '0', '--', ...job];
  return spawn(bench.program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}
