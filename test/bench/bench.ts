import { glob, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { program } from '../helpers/program.ts';
import { type Judged, judge } from './judge.ts';
import { enter, type MachineState, statesOf } from './machine-state.ts';
import { peersAtHand, readPeer } from './peer.ts';
import type { Row } from './row.ts';
import { table } from './table.ts';
import { openWorkshop } from './workshop.ts';

/**
 * `npm run bench`: every figure measured in the same run as what it is compared with; one table, and dist/bench.json.
 *
 *   npm run bench -- --only wall --only seal       these rows, by a part of their name or their file's
 *   npm run bench -- --peer mine='mine run --'     one more wrapper, its words before the job's; {root} is a directory
 *   npm run bench -- --peer argo@/var/run/argo='env ARGO_CONTAINER_NAME=main argoexec emissary --'
 *                                                  one that keeps its files in this directory, laid out as ours: signal
 *                                                  file, seal and artifacts are compared, too
 *   npm run bench -- --program /usr/bin/emissary   the installed program, not the built one
 *   npm run bench -- --state both                  once as the machine is, and once with every core busy
 *   npm run bench -- --scale 0.1                   a tenth of the runs
 *   npm run bench -- --strict                      status 1 when a target is missed
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    peer: { type: 'string', multiple: true, default: [] },
    program: { type: 'string', default: program },
    scale: { type: 'string', default: '1' },
    state: { type: 'string', default: 'quiet' },
    strict: { type: 'boolean', default: false },
  },
});
const all = await allRows();
const rows = all
  .filter(({ place }) => values.only.length === 0 || values.only.some((arg) => place.includes(arg)))
  .map(({ row }) => row);
if (rows.length === 0) {
  const names = all.map(({ place }) => place).join(', ');
  process.stderr.write(`No figure has ${values.only.join(' or ')} in its name. There are ${names}.\n`);
  process.exit(1);
}
const states = statesOf(values.state);
using workshop = openWorkshop([...peersAtHand(), ...values.peer.map(readPeer)], {
  program: resolve(values.program),
  scale: Number(values.scale),
});
const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'CPU'}, node ${process.version}, files in ${join(workshop.place, '..')}`;
const measured = [];
for (const state of states) measured.push(await measureAll(state));
await writeFile('dist/bench.json', `${JSON.stringify({ machine, states: measured }, null, 2)}\n`);
const failed = measured.some((each) => each.failed.length > 0);
const missed = measured.some((each) => each.rows.some(({ met }) => met === false));
if (failed || (values.strict && missed)) process.exitCode = 1;

/** Measures every row in one state of the machine, and prints its table. */
async function measureAll(state: MachineState) {
  using load = enter(state);
  const judged: Judged[] = [];
  const failed: string[] = [];
  for (const row of rows) {
    process.stderr.write(`${row.title} …\n`);
    try {
      judged.push(judge(row, await row.measure(workshop), load.isBusy));
    } catch (error) {
      failed.push(`${row.name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  process.stdout.write(`\n${load.description}\n\n${table(judged)}\n\n${machine}\n`);
  for (const failure of failed) process.stdout.write(`Not measured: ${failure}\n`);
  return { state, rows: judged, failed };
}

/** Every figure, and where it is: `start/wall`. */
async function allRows(): Promise<readonly { readonly place: string; readonly row: Row }[]> {
  const files = (await Array.fromAsync(glob('rows/*.ts', { cwd: import.meta.dirname }))).sort();
  const modules = await Promise.all(
    files.map(async (file) => {
      const { rows } = (await import(`./${file}`)) as { readonly rows: readonly Row[] };
      return rows.map((row) => ({ place: `${basename(file, '.ts')}/${row.name}`, row }));
    }),
  );
  return modules.flat();
}
