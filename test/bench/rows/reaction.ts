import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alternate } from '../alternate.ts';
import { measuredOf } from '../measured.ts';
import { ourselves, type Peer, placeOf } from '../peer.ts';
import { type RestedWrapper, startRested } from '../rested-wrapper.ts';
import type { Bench, Measured, Row } from '../row.ts';
import { readStamps, writeTinyProgram } from '../tiny-program.ts';

const runs = 40;
const sealRuns = 100;

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
    name: 'signal-file',
    title: "signal file written → the job's handler",
    unit: 'ms',
    target: { kind: 'value', of: 'p99', atMost: 5 },
    measure: (bench) => {
      const peers = bench.peers.filter(({ root }) => root !== null);
      return measureSignals(bench, peers, writeRequest);
    },
  },
  {
    name: 'signal-term',
    title: "TERM to the wrapper → the job's handler",
    unit: 'ms',
    target: { kind: 'value', of: 'p99', atMost: 5 },
    measure: (bench) =>
      measureSignals(bench, bench.peers, ({ process: wrapper }) => {
        const sent = process.hrtime.bigint();
        wrapper.kill('SIGTERM');
        return sent;
      }),
  },
];

/** The job tells the time as the last thing that it does; the seal is timed by our own watch of the directory. */
async function deathToSeal(bench: Bench): Promise<Measured> {
  const stamp = join(bench.directory(), 'stamp');
  writeTinyProgram('stamp', stamp);
  const peers = [ourselves(bench.program), ...bench.peers.filter(({ root }) => root !== null)];
  const things = peers.map((peer) => [peer.name, () => sealMs(bench, peer, stamp)] as const);
  return measuredOf(await alternate(bench.times(sealRuns), Object.fromEntries(things)));
}

async function sealMs(bench: Bench, peer: Peer, stamp: string): Promise<number> {
  // The job dies when the wrapper has long been at rest: 0.1 s after its start.
  const { root, args } = placeOf(peer, bench.directory(), ['sh', '-c', 'sleep 0.1; exec "$0"', stamp]);
  const directory = join(root ?? '', 'ctr', 'main');
  mkdirSync(directory, { recursive: true, mode: 0o777 });
  const sealed = new Promise<bigint>((resolve) => {
    const watcher = watch(directory, (_, name) => {
      if (name !== 'exitcode') return;
      resolve(process.hrtime.bigint());
      watcher.close();
    });
  });
  const [file = '', ...rest] = args;
  const wrapper = spawn(file, rest, { stdio: ['ignore', 'pipe', 'ignore'] });
  const printed: Buffer[] = [];
  wrapper.stdout.on('data', (piece: Buffer) => printed.push(piece));
  const [time] = await Promise.all([sealed, once(wrapper, 'close')]);
  const [death] = readStamps(Buffer.concat(printed));
  if (death === undefined) throw new Error('the job told no time');
  return Number(time - death) / 1e6;
}

/** One signal for each wrapper: the first is what counts, a job gets no second. */
async function measureSignals(
  bench: Bench,
  peers: readonly Peer[],
  send: (wrapper: RestedWrapper) => bigint,
): Promise<Measured> {
  const job = join(bench.directory(), 'stamp-signals');
  writeTinyProgram('stamp-signals', job);
  const handlerMs = async (peer: Peer) => {
    using wrapper = await startRested(peer, bench.directory(), [job]);
    const told = wrapper.output();
    const sent = send(wrapper);
    const [handled] = readStamps(await told);
    if (handled === undefined) throw new Error('the job told no time');
    return Number(handled - sent) / 1e6;
  };
  const things = [ourselves(bench.program), ...peers].map(
    (peer) => [peer.name, () => handlerMs(peer)] as const,
  );
  return measuredOf(await alternate(bench.times(runs), Object.fromEntries(things)));
}

/** @returns when it was there, in ns */
function writeRequest({ root }: RestedWrapper): bigint {
  const fresh = join(root ?? '', '.signal');
  // By number, as Argo's own program writes it.
  writeFileSync(fresh, '15');
  const there = process.hrtime.bigint();
  renameSync(fresh, join(root ?? '', 'ctr', 'main', 'signal'));
  return there;
}
