import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { moveJob, utcText } from '../helpers/job-times.ts';
import { type Mariadb, startMariadb } from '../helpers/mariadb.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { restFront } from '../helpers/rest-front.ts';
import { restJob } from '../helpers/rest-job.ts';
import type { Trouble } from '../helpers/rest-server.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A job that began two hours ago and took 100 seconds. */
const hourMs = 3_600_000;
const begin = new Date(Math.floor(Date.now() / 1000) * 1000 - 2 * hourMs + 250).toISOString();
const end = new Date(Date.parse(begin) + 100_000).toISOString();

async function moved(t: TestContext, root: string, times: readonly [string, string] = [begin, end]) {
  await runJob(t, ['sh', '-c', 'exit 3'], { root });
  moveJob(root, ...times);
}

test('SQLite: a job that is reported late keeps its own times', async (t) => {
  const job = reportedJob(t);
  await moved(t, job.root);
  const { status, stderr } = await emissary(['wait'], job);
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual([job.row().begin, job.row().end], [utcText(begin), utcText(end)]);
});

test('SQLite: an end before the begin, from a clock that was set back, is stored as the begin', async (t) => {
  const job = reportedJob(t);
  await moved(t, job.root, [end, begin]);
  assert.equal((await emissary(['wait'], job)).status, 0);
  assert.deepEqual([job.row().begin, job.row().end], [utcText(end), utcText(end)]);
  const other = reportedJob(t);
  await moved(t, other.root);
  const later = utcText(Date.now());
  other.database.query('update job set begin = ? where id = ?', later, other.jobId);
  assert.equal((await emissary(['wait'], other)).status, 0);
  assert.deepEqual([other.row().begin, other.row().end], [later, later]);
});

test('SQLite: a job whose wrapper died ends when that was found, even if it is reported later', async (t) => {
  const job = reportedJob(t);
  await moved(t, job.root);
  for (const name of ['exitcode', 'result.json', 'ended']) rmSync(join(job.root, 'ctr/main', name));
  const env = { MULTIFLEXI_JOB_ID: String(job.jobId), MULTIFLEXI_DATABASE_URL: 'sqlite:///no/such/file' };
  assert.equal((await emissary(['wait'], { root: job.root, env })).status, 64);
  const record = join(job.root, 'report/found-at.json');
  assert.ok(existsSync(record));
  const found = JSON.parse(readFileSync(record, 'utf8')) as { at: number };
  assert.ok(Math.abs(found.at - Date.now()) < 60_000);
  const earlier = found.at - 600_000;
  writeFileSync(record, JSON.stringify({ at: earlier }));
  assert.equal((await emissary(['report'], { root: job.root, env: job.env })).status, 0);
  assert.deepEqual([job.row().begin, job.row().end], [utcText(begin), utcText(earlier)]);
});

test('SQLite: a job whose wrapper died while saving ends when its process did', async (t) => {
  const job = reportedJob(t);
  await moved(t, job.root);
  for (const name of ['exitcode', 'result.json']) rmSync(join(job.root, 'ctr/main', name));
  const record = join(job.root, 'ctr/main/ended');
  const ended = JSON.parse(readFileSync(record, 'utf8')) as object;
  const finishedAt = new Date(Date.parse(begin) + 90_000).toISOString();
  writeFileSync(record, JSON.stringify({ ...ended, finishedAt }));
  assert.equal((await emissary(['wait'], job)).status, 64);
  assert.deepEqual([job.row().begin, job.row().end], [utcText(begin), utcText(finishedAt)]);
});

/** Seconds since 1970 in the row, by the server's own clock and zone. */
async function rowTimes(server: Mariadb, jobId: number) {
  const [row] = await server.query<Record<string, unknown>>(
    'select unix_timestamp(begin) as begin, unix_timestamp(end) as end, exitcode from job where id = ?',
    [jobId],
  );
  return [Number(row?.['begin']), Number(row?.['end']), Number(row?.['exitcode'])];
}

async function reportTo(t: TestContext, server: Mariadb, jobId: number, times: readonly [string, string]) {
  await server.addJob(jobId);
  const root = temporaryVolume(t);
  await moved(t, root, times);
  const env = { MULTIFLEXI_JOB_ID: String(jobId), MULTIFLEXI_DATABASE_URL: server.url };
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.deepEqual([status, stderr], [0, '']);
  return rowTimes(server, jobId);
}

test("MariaDB: a job that is reported late keeps its own times, in the server's time zone", async (t) => {
  const server = await startMariadb(['--default-time-zone=+05:30']);
  t.after(() => server.stop());
  const seconds = [begin, end].map((time) => Math.floor(Date.parse(time) / 1000));
  assert.deepEqual(await reportTo(t, server, 1, [begin, end]), [...seconds, 3]);
  // No row may be missing because a job has written nonsense there.
  const nowSeconds = Date.now() / 1000;
  for (const [index, year] of ['0001', '1970', '9999'].entries()) {
    const time = `${year}-01-01T00:00:00.000Z`;
    const [first = 0, last = 0, code] = await reportTo(t, server, 10 + index, [time, time]);
    assert.equal(code, 3);
    assert.ok(first >= nowSeconds - 60 && last >= first, `${year}: ${first}, ${last}`);
  }
});

test("MariaDB whose clock is two hours ahead: the job's times are corrected by as much", async (t) => {
  // The clock stands still for each connection, two hours after it was made.
  const server = await startMariadb(['--init-connect=set timestamp = unix_timestamp() + 7200']);
  t.after(() => server.stop());
  const [first = 0, last = 0] = await reportTo(t, server, 1, [begin, end]);
  assert.ok(Math.abs(first - Date.parse(begin) / 1000 - 7200) <= 3, String(first));
  assert.equal(last - first, 100);
});

async function overRest(t: TestContext, troubles: readonly (Trouble | null)[], date: string | null) {
  const job = await restJob(t, 'A', troubles);
  await moved(t, job.root);
  const url = await restFront(t, job.server.url, (body) => ({
    body,
    ...(date !== null && { headers: { Date: date } }),
  }));
  const env = { ...job.rest, MULTIFLEXI_API_URL: troubles.length > 0 ? job.server.url : url };
  const { status, stderr } = await emissary(['wait'], { root: job.root, env });
  assert.equal(status, 0, stderr);
  return job;
}

test('REST: a job that is reported late keeps its own times', async (t) => {
  const job = await overRest(t, [], null);
  assert.deepEqual([job.row().begin, job.row().end], [utcText(begin), utcText(end)]);
});

test('REST: a lost response changes neither begin nor end', async (t) => {
  const job = await overRest(t, [null, 'write-then-cut', 'write-then-cut', null, 'write-then-cut'], null);
  const sent = (name: string) =>
    new Set(job.server.requests.flatMap(({ body }) => (body?.[name] === undefined ? [] : [body[name]])));
  assert.deepEqual([[...sent('begin')], [...sent('end')]], [[utcText(begin)], [utcText(end)]]);
});

test("REST: the times are corrected by the difference to the server's clock, unless that is absurd", async (t) => {
  const ahead = await overRest(t, [], new Date(Date.now() + hourMs).toUTCString());
  const shift = Date.parse(`${ahead.row().begin?.replace(' ', 'T')}Z`) - Date.parse(begin);
  assert.ok(Math.abs(shift - hourMs) < 20_000, String(shift));
  for (const date of ['Thu, 01 Jan 1970 00:00:00 GMT', 'yesterday']) {
    const job = await overRest(t, [], date);
    assert.deepEqual([job.row().begin, job.row().end], [utcText(begin), utcText(end)]);
  }
});
