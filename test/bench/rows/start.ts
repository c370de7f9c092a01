import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { alternate } from '../alternate.ts';
import { measuredOf } from '../measured.ts';
import { placeOf } from '../peer.ts';
import type { Bench, Measured, Row } from '../row.ts';
import { readStamps, writeTinyProgram } from '../tiny-program.ts';
import { wallTimeMs } from '../wall-time.ts';

const empty = 'an empty script on the same runtime';
const runs = 100;

/** How long a job waits for the wrapper. */
export const rows: readonly Row[] = [
  {
    name: 'wall',
    title: 'run -- true, wall time',
    unit: 'ms',
    target: { kind: 'ratio', atMost: 1.6 },
    measure: wall,
  },
  {
    name: 'first-instruction',
    title: "start of the program → the job's first instruction",
    unit: 'ms',
    target: { kind: 'ratio', atMost: 1.3 },
    measure: firstInstruction,
  },
];

async function wall(bench: Bench): Promise<Measured> {
  const emptyProgram = await bench.emptyProgram();
  return measuredOf(
    await alternate(bench.times(runs), {
      ours: () => wallTimeMs([bench.program, 'run', '--root', bench.directory(), '--', 'true']),
      [empty]: () => wallTimeMs([emptyProgram]),
      ...peers(bench, (args) => wallTimeMs(args), ['true']),
      'no wrapper': () => wallTimeMs(['true']),
    }),
  );
}

async function firstInstruction(bench: Bench): Promise<Measured> {
  const emptyProgram = await bench.emptyProgram();
  const stamp = join(bench.directory(), 'stamp');
  writeTinyProgram('stamp', stamp);
  return measuredOf(
    await alternate(bench.times(runs), {
      ours: () => stampMs([bench.program, 'run', '--root', bench.directory(), '--', stamp]),
      [empty]: () => wallTimeMs([emptyProgram]),
      ...peers(bench, stampMs, [stamp]),
      'no wrapper': () => stampMs([stamp]),
    }),
  );
}

/** From before the start of the command until the time that its job tells, ms. */
function stampMs(args: readonly string[]): number {
  const [file = '', ...rest] = args;
  const start = process.hrtime.bigint();
  const { stdout, stderr } = spawnSync(file, rest, { env: { PATH: process.env['PATH'] } });
  const [time] = readStamps(stdout);
  if (time === undefined) throw new Error(`${args.join(' ')} told no time: ${stderr}`);
  return Number(time - start) / 1e6;
}

function peers(bench: Bench, take: (args: readonly string[]) => number, job: readonly string[]) {
  return Object.fromEntries(
    bench.peers.map((peer) => [peer.name, () => take(placeOf(peer, bench.directory(), job).args)]),
  );
}
