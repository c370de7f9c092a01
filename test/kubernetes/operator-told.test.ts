import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMariadb } from '../helpers/mariadb.ts';
import {
  conditionOf,
  jobOf,
  type OperatorPlace,
  operatorPlace,
  reportingPlace,
} from '../helpers/operator.ts';
import { linesIn, reportedJob } from '../helpers/reported-job.ts';
import { requireProgram } from '../helpers/require.ts';
import { restPassword, restUser, startRestServer } from '../helpers/rest-server.ts';
import { sqliteRows } from '../helpers/row-store.ts';
import { makeSqlite } from '../helpers/sqlite.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const never = { podTemplate: { spec: { hostNetwork: true } } };

/** A Secret with these variables, as `spec.multiflexi` names it. */
async function secretOf(place: OperatorPlace, stringData: Readonly<Record<string, string>>, jobId: number) {
  await place.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'rows' }, stringData });
  return { multiflexi: { jobId, secretRef: { name: 'rows' } } };
}

test('operator: jobs that never started are reported by the operator, once, with the reason as a line', async (t) => {
  const place = await operatorPlace(t);
  if (place === null || !requireProgram(t, 'mariadbd')) return;
  const database = await startMariadb();
  t.after(() => database.stop());
  for (const id of [1, 2, 3]) await database.addJob(id);
  const of = (jobId: number) => secretOf(place, { MULTIFLEXI_DATABASE_URL: database.url }, jobId);
  await place.start();
  await place.make('refused', 'exit 0', { ...never, ...(await of(1)) });
  const definition = { name: 'X', executable: 'x', environment: { Y: { type: 'integer', required: true } } };
  await place.apply(jobOf('invalid', { application: { definition }, ...(await of(2)) }));
  await place.make('deleted', 'exit 0', { suspend: true, ...(await of(3)) });
  await until('it is seen', async () => (await place.job('deleted'))?.status?.reason === 'Suspended');
  await place.kubectl('delete', 'ej', 'deleted', '--timeout=60s');
  for (const name of ['refused', 'invalid']) {
    await until(`${name} is told`, async () => {
      const { status = {} } = (await place.job(name)) ?? {};
      return conditionOf(status, 'Reported') === 'True ReportedByOperator';
    });
    await until('nothing holds it', async () => !(await place.job(name))?.metadata.finalizers);
  }
  const rows = await database.query<Record<string, unknown>>(
    'select id, exitcode, `begin` is null as unbegun, `end` is null as unended from job order by id',
  );
  assert.deepEqual(
    rows.map(({ id, exitcode, unbegun, unended }) => [id, exitcode, unbegun, unended].map(Number)),
    [
      [1, 64, 0, 0],
      [2, 64, 0, 0],
      [3, 143, 0, 0],
    ],
  );
  const lines = await database.query<{ job_id: number; line: string }>(
    'select job_id, line from job_output_lines order by job_id',
  );
  assert.deepEqual(
    lines.map(({ job_id }) => Number(job_id)),
    [1, 2, 3],
  );
  assert.match(lines[0]?.line ?? '', /^emissary: PodRefused: .*violates PodSecurity/);
  assert.match(lines[1]?.line ?? '', /^emissary: InvalidSpec: .*Y is required/);
});

test("operator: a later attempt's end takes the place of an earlier one's in the row", async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const reported = reportedJob(t);
  const spec = await reportingPlace(t, place, reported.env);
  await place.start();
  const script = 'echo attempt; [ "$HOSTNAME" != again-1 ] || exit 3';
  await place.make('again', script, { ...spec, retries: 1 });
  const status = await place.phase('again', 'Succeeded', 'Failed');
  assert.deepEqual([status.phase, status.attempts], ['Succeeded', 2]);
  assert.equal(conditionOf(status, 'Reported'), 'True Delivered');
  assert.equal(reported.row().exitcode, 0);
  assert.deepEqual(linesIn(reported.lines()), ['attempt\n', 'attempt\n']);
});

test('operator: of two attempts that fail alike, the row has the end of the last', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const reported = reportedJob(t);
  const spec = await reportingPlace(t, place, reported.env);
  await place.start();
  await place.make('alike', '[ "$HOSTNAME" = alike-1 ] || sleep 2; exit 5', { ...spec, retries: 1 });
  const { completionTime = '' } = await place.phase('alike', 'Failed');
  const { exitcode, end } = reported.row();
  assert.equal(exitcode, 5);
  const storedMs = Date.parse(`${end?.replace(' ', 'T')}Z`);
  assert.ok(Math.abs(storedMs - Date.parse(completionTime)) <= 2_000, `${end} ${completionTime}`);
});

test('operator: a row that cannot be told of holds the resource for a while only, with an event', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const nobody = { MULTIFLEXI_DATABASE_URL: 'mysql://user:pass@127.0.0.1:1/multiflexi' };
  const operator = await place.start(undefined, { EMISSARY_REPORT_SECONDS: '4' });
  await place.make('held', 'exit 0', { ...never, ...(await secretOf(place, nobody, 5)) });
  await place.make('short', 'exit 0', {
    ...never,
    ...(await secretOf(place, nobody, 5)),
    ttlSecondsAfterFinished: 0,
  });
  await place.phase('held', 'Failed');
  await place.phase('short', 'Failed');
  await until('it is tried', () => /its end cannot be reported yet/.test(operator.stderr()));
  assert.notEqual((await place.job('held'))?.metadata.finalizers, undefined);
  await place.kubectl('delete', 'ej', 'held', '--timeout=60s');
  await until('its time is over, and it is gone', async () => (await place.job('short')) === null);
  const events = await place.kubectl('get', 'events');
  for (const name of ['held', 'short'])
    assert.match(events, new RegExp(`Warning +NotReported +emissaryjob/${name}`));
});

test("operator: files of its own machine are never a job's database", async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const file = makeSqlite(temporaryVolume(t), 6);
  const operator = await place.start();
  const spec = await secretOf(place, { MULTIFLEXI_DATABASE_URL: file.url }, 6);
  await place.make('file', 'exit 0', { ...never, ...spec });
  await until('it is let go', async () => {
    const { status = {} } = (await place.job('file')) ?? {};
    return conditionOf(status, 'Reported') === 'False NotDelivered';
  });
  assert.equal(file.query<{ exitcode: unknown }>('select exitcode from job where id = 6')[0]?.exitcode, null);
  assert.doesNotMatch(operator.stderr(), /cannot be reported yet/);
});

test('operator: killed at any time, it reports a job that never started once, over REST too', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const file = makeSqlite(temporaryVolume(t), 8);
  const server = await startRestServer('A', sqliteRows(file));
  t.after(() => server.close());
  const env = {
    MULTIFLEXI_API_URL: server.url,
    MULTIFLEXI_API_USER: restUser,
    MULTIFLEXI_API_PASSWORD: restPassword,
  };
  server.troubles.push('write-then-cut', 'write-then-cut', 'write-then-cut');
  const first = await place.start();
  await place.make('rest', 'exit 0', { ...never, ...(await secretOf(place, env, 8)) });
  await until('it is tried', () => server.requests.length > 0);
  first.kill('SIGKILL');
  await first.finished;
  await place.start();
  await until('it is told', async () => {
    const { status = {} } = (await place.job('rest')) ?? {};
    return conditionOf(status, 'Reported')?.startsWith('True') === true;
  });
  assert.equal(file.query<{ exitcode: number }>('select exitcode from job where id = 8')[0]?.exitcode, 64);
  const ends = server.requests
    .map(({ body }) => JSON.stringify(body))
    .filter((body) => body.includes('exitcode'));
  assert.equal(new Set(ends).size, 1);
});
