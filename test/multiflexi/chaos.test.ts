import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { Result, Started } from '../../src/contract/records.ts';
import { forEachOf } from '../helpers/batches.ts';
import { type Running, startEmissary } from '../helpers/emissary.ts';
import { startJob } from '../helpers/job.ts';
import { type Mariadb, startMariadb } from '../helpers/mariadb.ts';
import { lacks, requireProgram } from '../helpers/require.ts';
import { type Chance, seeded } from '../helpers/seeded.ts';
import { makeSqlite } from '../helpers/sqlite.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** Rounds against each database; CHAOS_ROUNDS sets another number. */
const rounds = Number(process.env['CHAOS_ROUNDS'] ?? 260);
const width = 4;

/** A database, asked for what was recorded of a job. */
interface Recorder {
  readonly url: string;
  query<Row>(text: string, jobId: number): Promise<readonly Row[]>;
}

/** What a round does, all of it decided by the seed before it begins; instants in ms. */
interface Plan {
  readonly jobId: number;
  readonly lines: number;
  readonly status: number;
  readonly pauses: boolean;
  readonly wrapperKill: number | null;
  readonly jobKill: number | null;
  readonly sidecarKills: readonly number[];
}

let mariadb: Mariadb | null = null;

before(async (t) => {
  if (requireProgram(t as TestContext, 'mariadbd')) mariadb = await startMariadb();
});
after(() => mariadb?.stop());

test(`SQLite: ${rounds} rounds of kill -9 lose nothing and double nothing`, async (t) => {
  const chance = seeded(t);
  const plans = Array.from({ length: rounds }, (_, index) => makePlan(chance, index + 1));
  const file = makeSqlite(temporaryVolume(t), ...plans.map(({ jobId }) => jobId));
  const recorder: Recorder = {
    url: file.url,
    query: async <Row>(text: string, jobId: number) => file.query<Row>(text, jobId),
  };
  await forEachOf(plans, (plan) => playRound(t, plan, recorder), width);
});

test(`MariaDB that dies and restarts: ${rounds} rounds of kill -9 lose nothing and double nothing`, async (t) => {
  if (mariadb === null) return lacks(t, 'mariadbd');
  const server = mariadb;
  const chance = seeded(t);
  const plans = Array.from({ length: rounds }, (_, index) => makePlan(chance, index + 1));
  for (const { jobId } of plans) await server.addJob(jobId);
  const recorder: Recorder = {
    url: server.url,
    query: <Row>(text: string, jobId: number) =>
      until('the database answers', () => server.query<Row>(text, [jobId]), 60_000),
  };
  const over = new AbortController();
  const trouble = flap(server, chance, over.signal);
  try {
    await forEachOf(plans, (plan) => playRound(t, plan, recorder), width);
  } finally {
    over.abort();
    await trouble;
  }
});

function makePlan(chance: Chance, jobId: number): Plan {
  const instant = () => chance.whole(0, 500);
  const fate = chance.whole(0, 9);
  return {
    jobId,
    lines: chance.pick([0, 1, 50, 400, 3000]),
    status: chance.whole(0, 3),
    pauses: chance.next() < 0.5,
    wrapperKill: fate < 3 ? instant() : null,
    jobKill: fate === 3 ? instant() : null,
    sidecarKills: Array.from({ length: chance.whole(0, 3) }, instant),
  };
}

/** Kills the database and starts it again, at random instants. */
async function flap(server: Mariadb, chance: Chance, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(chance.whole(200, 4000));
    await server.kill();
    await sleep(chance.whole(0, 700));
    await server.start();
  }
}

async function playRound(t: TestContext, plan: Plan, recorder: Recorder): Promise<void> {
  const root = temporaryVolume(t);
  const artifact = join(root, 'artifact.txt');
  const template = {
    outputs: { artifacts: [{ name: 'a', path: artifact, optional: true, archive: { none: {} } }] },
  };
  writeFileSync(join(root, 'template'), JSON.stringify(template));
  const loop = `i=0; while [ $i -lt ${plan.lines} ]; do i=$((i+1)); echo "out $i"; echo "err $i" >&2;`;
  const pause = plan.pauses ? ' [ $((i % 20)) = 0 ] && sleep 0.02;' : '';
  const script = `${loop}${pause} done; echo kept >"$0"; printf end; exit ${plan.status}`;
  const wrapper = startJob(t, ['sh', '-c', script, artifact], { root });
  killAfter(wrapper.pid, plan.wrapperKill);
  if (plan.jobKill !== null) setTimeout(() => killJob(root), plan.jobKill);
  const env = {
    MULTIFLEXI_JOB_ID: String(plan.jobId),
    MULTIFLEXI_DATABASE_URL: recorder.url,
    EMISSARY_REPORT_SECONDS: '60',
  };
  for (const kills = [...plan.sidecarKills]; ; ) {
    const sidecar = startEmissary(t, ['wait'], { root, env });
    killAfter(sidecar.pid, kills.shift() ?? null);
    const { status, stderr } = await endOf(sidecar, wrapper, root);
    // Null: it was killed, and another one goes on.
    if (status !== null) assert.equal(status, 0, `round ${JSON.stringify(plan)}: ${stderr}`);
    if (status !== null) break;
  }
  await check(plan, recorder, root);
  killJob(root);
}

/** A wrapper that died before its first act was never there for the sidecar: somebody has to tell it. */
async function endOf(sidecar: Running, wrapper: Running, root: string) {
  void wrapper.finished.then(() => {
    if (!existsSync(join(root, 'ctr/main/alive'))) setTimeout(() => sidecar.kill('SIGTERM'), 600);
  });
  return sidecar.finished;
}

async function check(plan: Plan, recorder: Recorder, root: string): Promise<void> {
  const where = `round ${JSON.stringify(plan)}`;
  const [row] = await recorder.query<Record<string, unknown>>('select * from job where id = ?', plan.jobId);
  const seal = readText(join(root, 'ctr/main/exitcode'));
  assert.equal(row?.['exitcode'], seal === '' ? 137 : Number(seal), where);
  assert.ok(row?.['begin'] !== null && row?.['end'] !== null, where);
  const lines = await recorder.query<{ seq: number; type: string; line: string }>(
    'select seq, type, line from job_output_lines where job_id = ? order by id',
    plan.jobId,
  );
  assert.ok(
    lines.every(({ seq }, index) => seq === index + 1),
    `${where}: the numbers of the lines have no gap and no double`,
  );
  for (const type of ['stdout', 'stderr']) {
    const stored = lines.filter((line) => line.type === type).map(({ line }) => line);
    assert.equal(stored.join(''), readText(join(root, 'ctr/main', type)), `${where}: ${type}`);
  }
  const artifacts = await recorder.query<{ artifact: string }>(
    'select artifact from artifacts where job_id = ?',
    plan.jobId,
  );
  const result = seal === '' ? null : (JSON.parse(readText(join(root, 'ctr/main/result.json'))) as Result);
  assert.equal(artifacts.length, result?.outputs.artifacts.length ?? 0, `${where}: artifacts`);
}

function killAfter(pid: number, ms: number | null): void {
  if (ms !== null) setTimeout(() => kill(pid), ms);
}

/** The job's whole group, which outlives a wrapper that was killed. */
function killJob(root: string): void {
  const text = readText(join(root, 'ctr/main/started'));
  if (text !== '') kill(-(JSON.parse(text) as Started).pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
