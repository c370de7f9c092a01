import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { type Mariadb, startMariadb } from '../helpers/mariadb.ts';
import { standstill } from '../helpers/standstill.ts';
import { temporaryVolume } from '../helpers/volume.ts';

let server: Mariadb;

before(async () => {
  server = await startMariadb();
});
after(() => server.stop());

async function sealedJob(t: TestContext, jobId: number) {
  await server.addJob(jobId);
  const root = temporaryVolume(t);
  await runJob(t, ['sh', '-c', 'echo one; echo two; exit 3'], { root });
  const env = { MULTIFLEXI_JOB_ID: String(jobId), MULTIFLEXI_DATABASE_URL: server.url };
  return { root, env };
}

/** Another client of the database, which holds its locks until it is released. */
async function holder(t: TestContext) {
  const connection = await createConnection({
    host: '127.0.0.1',
    port: server.port,
    user: 'root',
    database: 'multiflexi',
  });
  t.after(() => connection.end());
  return connection;
}

for (const [firstJob, what, take, letGo] of [
  [1, 'a table', ['lock tables job_output_lines read'], 'unlock tables'],
  [101, 'rows', ['start transaction', 'select * from job_output_lines for update'], 'rollback'],
] as const) {
  test(`MariaDB whose lines are locked by another client (${what}): the end is still stored in time`, async (t) => {
    const other = await holder(t);
    const report = async (jobId: number) => {
      const { root, env } = await sealedJob(t, jobId);
      for (const statement of take) await other.query(statement);
      const stoodStill = standstill(t);
      const waited = await emissary(['wait'], { root, env: { ...env, EMISSARY_REPORT_SECONDS: '8' } });
      const lostMs = stoodStill();
      const query = 'select exitcode, end is null as open from job where id = ?';
      const [row] = await server.query<{ exitcode: number | null }>(query, [jobId]);
      await other.query(letGo);
      return { ...waited, jobId, root, env, row, lostMs };
    };
    let reported = await report(firstJob);
    // Of its eight seconds, those in which the machine stood still do not count.
    while (reported.row?.exitcode === null && reported.lostMs >= 1000)
      reported = await report(reported.jobId + 1);
    const { status, stderr, row, jobId, root, env } = reported;
    assert.equal(status, 64);
    assert.match(stderr, /ER_LOCK_WAIT_TIMEOUT, Lock wait timeout exceeded; .*; retrying\n/);
    assert.deepEqual({ ...row }, { exitcode: 3, open: 0 });
    const later = await emissary(['report'], { root, env });
    assert.deepEqual([later.status, later.stderr], [0, '']);
    const lines = await server.query<{ seq: number; line: string }>(
      'select seq, line from job_output_lines where job_id = ? order by id',
      [jobId],
    );
    assert.deepEqual(
      lines.map(({ seq, line }) => [seq, line]),
      [
        [1, 'one\n'],
        [2, 'two\n'],
      ],
    );
  });
}

test('MariaDB that requires TLS of a user: without ssl-ca the message says what to do', async (t) => {
  const { root, env } = await sealedJob(t, 201);
  await server.query("create user secure@'127.0.0.1' identified by 'right' require ssl");
  await server.query("grant select, insert, update on multiflexi.* to secure@'127.0.0.1'");
  const url = `mysql://secure:right@127.0.0.1:${server.port}/multiflexi`;
  const refused = await emissary(['wait'], { root, env: { ...env, MULTIFLEXI_DATABASE_URL: url } });
  assert.equal(refused.status, 64);
  assert.match(refused.stderr, /rejected the user name or the password; .*requires TLS needs \?ssl-ca=FILE/);
});
