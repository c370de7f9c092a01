import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended, Result, Started } from '../../src/contract/records.ts';
import { type Running, startEmissary } from './emissary.ts';
import { startJob } from './job.ts';
import type { Chance } from './seeded.ts';
import { temporaryVolume } from './volume.ts';

/** Where the job is reported, and what was recorded there. */
export interface Recorder {
  /** The reporter's settings. */
  readonly env: Readonly<Record<string, string>>;
  query<Row>(text: string, jobId: number): Promise<readonly Row[]>;
}

/** The plan of a round, decided by the seed before it starts; instants in ms. */
export interface Plan {
  readonly jobId: number;
  readonly containers: readonly ContainerPlan[];
  readonly reporterKills: readonly number[];
  /** When another process writes a row of the job, and of what type. */
  readonly otherRows: readonly OtherRow[];
  /** When the reporter of each turn is stopped for a while (SIGSTOP), if at all. */
  readonly reporterStops: readonly Stop[];
}

interface OtherRow {
  readonly at: number;
  readonly type: 'stdout' | 'stderr' | 'success' | 'error';
}

/** A process is stopped from `at` on, for this long. */
interface Stop {
  readonly at: number;
  readonly forMs: number;
}

interface ContainerPlan {
  readonly name: string;
  readonly lines: number;
  readonly status: number;
  readonly pauses: boolean;
  readonly wrapperKill: number | null;
  readonly jobKill: number | null;
  readonly wrapperStop: Stop | null;
  /** MiB to be packed, so that saving takes some time. */
  readonly savedMiB: number;
  /** When its wrapper is killed, counted from its job's end. */
  readonly savingKill: number | null;
}

/** A round with one container, `main`, or with two. */
export function makePlan(chance: Chance, jobId: number): Plan {
  const names = chance.next() < 0.7 ? ['main'] : ['main', 'second'];
  return {
    jobId,
    containers: names.map((name) => makeContainer(chance, name)),
    reporterKills: Array.from({ length: chance.whole(0, 3) }, () => instant(chance)),
    otherRows: Array.from({ length: chance.whole(0, 4) }, () => ({
      at: instant(chance),
      type: chance.pick(['stdout', 'stderr', 'success', 'error']),
    })),
    reporterStops: Array.from({ length: chance.whole(0, 2) }, () => aStop(chance)),
  };
}

function makeContainer(chance: Chance, name: string): ContainerPlan {
  const fate = chance.whole(0, 9);
  return {
    name,
    lines: chance.pick([0, 1, 50, 400, 3000]),
    status: chance.whole(0, 3),
    pauses: chance.next() < 0.5,
    wrapperKill: fate < 3 ? instant(chance) : null,
    jobKill: fate === 3 ? instant(chance) : null,
    wrapperStop: chance.next() < 0.2 ? aStop(chance) : null,
    savedMiB: name === 'main' && chance.next() < 0.3 ? 64 : 0,
    savingKill: fate === 4 ? chance.whole(0, 200) : null,
  };
}

function aStop(chance: Chance): Stop {
  return { at: instant(chance), forMs: chance.whole(50, 1_500) };
}

function instant(chance: Chance): number {
  return chance.whole(0, 500);
}

/** Plays a round to its end, and proves from the rows that nothing was lost or duplicated. */
export async function playRound(t: TestContext, plan: Plan, recorder: Recorder): Promise<void> {
  const root = temporaryVolume(t);
  const artifact = join(root, 'artifact.txt');
  const [only, ...others] = plan.containers.map(({ name }) => ({ name }));
  const template = {
    outputs: {
      artifacts: [
        { name: 'a', path: artifact, optional: true, archive: { none: {} } },
        { name: 'b', path: `${artifact}.big`, optional: true, archive: { tar: {} } },
      ],
    },
    ...(others.length > 0 && { containerSet: { containers: [only, ...others] } }),
  };
  writeFileSync(join(root, 'template'), JSON.stringify(template));
  const written = Promise.all(plan.otherRows.map((row) => writeOther(row, plan, recorder)));
  const wrappers = plan.containers.map((container) => startContainer(t, container, root, artifact));
  const env = {
    MULTIFLEXI_JOB_ID: String(plan.jobId),
    // Bounds that no run of bad luck reaches, nor a reporter that is asked to stop.
    EMISSARY_REPORT_SECONDS: '600',
    EMISSARY_GRACE_SECONDS: '600',
    ...recorder.env,
  };
  const stops = [...plan.reporterStops];
  for (const kills = [...plan.reporterKills]; ; ) {
    const reporter = startEmissary(t, ['wait'], { root, env });
    killAfter(reporter.pid, kills.shift() ?? null);
    standStill(reporter, stops.shift() ?? null);
    for (const [index, { name }] of plan.containers.entries())
      stopIfAbsent(reporter, wrappers[index], root, name);
    const { status, stderr } = await reporter.finished;
    // Null: it was killed, and another one takes over.
    if (status === null) continue;
    // Outputs of a wrapper that was killed while saving may be missing.
    const isWhole = plan.containers.every(
      ({ name }) => hasSeal(root, name) || endedWith(root, name) === null,
    );
    assert.equal(status, isWhole ? 0 : 64, `round ${JSON.stringify(plan)}: ${stderr}`);
    break;
  }
  await written;
  await check(plan, recorder, root);
  for (const { name } of plan.containers) killJob(root, name);
}

/** A row of MultiFlexi's own process, which takes the next number. It must be there unchanged at the end. */
async function writeOther({ at, type }: OtherRow, { jobId }: Plan, recorder: Recorder): Promise<void> {
  await sleep(at);
  await recorder.query(
    `insert into job_output_lines (job_id, seq, type, line)
      select id, coalesce((select max(seq) from job_output_lines where job_id = job.id), 0) + 1, '${type}', '${otherLine}'
      from job where id = ?`,
    jobId,
  );
}

const otherLine = 'of another process';

function startContainer(t: TestContext, plan: ContainerPlan, root: string, artifact: string): Running {
  const { name } = plan;
  const loop = `i=0; while [ $i -lt ${plan.lines} ]; do i=$((i+1)); echo "${name} out $i"; echo "${name} err $i" >&2;`;
  const pause = plan.pauses ? ' [ $((i % 20)) = 0 ] && sleep 0.02;' : '';
  const large = plan.savedMiB > 0 ? `head -c ${plan.savedMiB}M /dev/zero >"$0.big";` : '';
  const script = `${loop}${pause} done; echo kept >"$0"; ${large} printf "${name} end"; exit ${plan.status}`;
  const wrapper = startJob(t, ['sh', '-c', script, artifact], { root, name });
  killAfter(wrapper.pid, plan.wrapperKill);
  standStill(wrapper, plan.wrapperStop);
  if (plan.savingKill !== null) killSaving(wrapper, root, name, plan.savingKill);
  if (plan.jobKill !== null) setTimeout(() => killJob(root, name), plan.jobKill);
  return wrapper;
}

/** A wrapper that died before its first action never existed for the reporter: only a stop ends such a job. */
function stopIfAbsent(reporter: Running, wrapper: Running | undefined, root: string, name: string): void {
  void wrapper?.finished.then(() => {
    if (!existsSync(join(root, 'ctr', name, 'alive'))) setTimeout(() => reporter.kill('SIGTERM'), 600);
  });
}

async function check(
  { jobId, containers, otherRows }: Plan,
  recorder: Recorder,
  root: string,
): Promise<void> {
  const where = `round ${JSON.stringify({ jobId, containers, otherRows })}`;
  const [row] = await recorder.query<Record<string, unknown>>('select * from job where id = ?', jobId);
  const codes = containers.map(({ name }) => {
    const seal = readText(join(root, 'ctr', name, 'exitcode'));
    return seal === '' ? (endedWith(root, name) ?? 137) : Number(seal);
  });
  assert.equal(row?.['exitcode'], codes.find((code) => code !== 0) ?? 0, where);
  assert.ok(row?.['begin'] !== null && row?.['end'] !== null, where);
  const rows = await recorder.query<{ seq: number; type: string; line: string }>(
    'select seq, type, line from job_output_lines where job_id = ? order by seq, id',
    jobId,
  );
  const lines = rows.filter(({ line }) => line !== otherLine);
  if (otherRows.length === 0)
    assert.ok(
      lines.every(({ seq }, index) => seq === index + 1),
      `${where}: the numbers of the lines have no gap and no double`,
    );
  // If a response was lost, the other process has written a row twice.
  assert.ok(rows.length - lines.length >= otherRows.length, `${where}: the rows of others are there`);
  for (const { name } of containers) {
    for (const type of ['stdout', 'stderr']) {
      const stored = lines.filter((line) => line.type === type && line.line.startsWith(name));
      const text = stored.map(({ line }) => line).join('');
      assert.equal(text, readText(join(root, 'ctr', name, type)), `${where}: ${name}, ${type}`);
    }
  }
  const artifacts = await recorder.query<{ artifact: string }>(
    'select artifact from artifacts where job_id = ?',
    jobId,
  );
  const results = containers
    .map(({ name }) => [
      readText(join(root, 'ctr', name, 'exitcode')),
      join(root, 'ctr', name, 'result.json'),
    ])
    .flatMap(([seal, path]) => (seal === '' ? [] : [JSON.parse(readText(path ?? '')) as Result]));
  const kept = results.reduce((sum, { outputs }) => sum + outputs.artifacts.length, 0);
  assert.equal(artifacts.length, kept, `${where}: artifacts`);
}

function killAfter(pid: number, ms: number | null): void {
  if (ms !== null) setTimeout(() => kill(pid), ms);
}

function standStill(running: Running, stop: Stop | null): void {
  if (stop === null) return;
  // In another process: a stopped one may hold a lock that this one waits for.
  const seconds = [stop.at, stop.forMs].map((ms) => (ms / 1000).toFixed(3));
  const script = 'sleep "$2"; kill -STOP "$1" && sleep "$3"; kill -CONT "$1"';
  const args = ['-c', script, 'sh', String(running.pid), ...seconds];
  spawn('sh', args, { stdio: 'ignore', detached: true }).unref();
}

/** Kills a wrapper a while after its job has ended: it may be saving, or have sealed. */
function killSaving(wrapper: Running, root: string, name: string, ms: number): void {
  const look = setInterval(() => {
    if (wrapper.process.exitCode === null && wrapper.process.signalCode === null) {
      if (endedWith(root, name) === null) return;
      killAfter(wrapper.pid, ms);
    }
    clearInterval(look);
  }, 5);
}

function hasSeal(root: string, name: string): boolean {
  return existsSync(join(root, 'ctr', name, 'exitcode'));
}

/** The exit code that a wrapper recorded before it saved, or null. */
function endedWith(root: string, name: string): number | null {
  const text = readText(join(root, 'ctr', name, 'ended'));
  return text === '' ? null : (JSON.parse(text) as Ended).exitCode;
}

/** The job's whole group, which outlives a killed wrapper. */
function killJob(root: string, name: string): void {
  const text = readText(join(root, 'ctr', name, 'started'));
  // Once it is sealed, the group is empty, and its number may belong to another one.
  if (text !== '' && !existsSync(join(root, 'ctr', name, 'exitcode')))
    kill(-(JSON.parse(text) as Started).pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has exited by itself.
  }
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
