import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { keptBy, runJob, startReadyJob } from '../helpers/job.ts';
import { databasePassword, type Mariadb, startMariadb } from '../helpers/mariadb.ts';
import { linesIn, startWait } from '../helpers/reported-job.ts';
import { lacks, requireProgram } from '../helpers/require.ts';
import { restPassword, restUser, startRestServer } from '../helpers/rest-server.ts';
import { mariadbRows } from '../helpers/row-store.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

let server: Mariadb;
let nextJob = 100;

before(async () => {
  server = await startMariadb(['--max-allowed-packet=2M']);
});
after(() => server?.stop());

async function mariadbJob(t: TestContext) {
  if (!requireProgram(t, 'mariadbd')) lacks(t, 'mariadbd');
  nextJob += 1;
  const jobId = nextJob;
  await server.addJob(jobId);
  const root = temporaryVolume(t);
  return {
    root,
    jobId,
    env: {
      MULTIFLEXI_JOB_ID: String(jobId),
      MULTIFLEXI_DATABASE_URL: server.url,
      EMISSARY_REPORT_SECONDS: '120',
    },
    row: async () =>
      (await server.query<Record<string, unknown>>('select * from job where id = ?', [jobId]))[0] ?? {},
    lines: () =>
      server.query<{ seq: number; type: string; line: string }>(
        'select seq, type, line from job_output_lines where job_id = ? order by id',
        [jobId],
      ),
  };
}

test('MariaDB: begin and lines are stored while the job runs, and then the end', async (t) => {
  const job = await mariadbJob(t);
  const reporter = await startWait(t, job);
  // The order of writes to two pipes at the same time is undefined.
  const script = 'echo ready; read go; echo "žluťoučký 🐎" >&2; read go; printf last; exit 3';
  const running = await startReadyJob(t, ['sh', '-c', script], { root: job.root, stdin: 'pipe' });
  await until('the first line is stored', async () => (await job.lines()).length === 1);
  running.process.stdin?.write('go\n');
  await until('the lines are stored', async () => (await job.lines()).length === 2);
  const early = await job.row();
  assert.notEqual(early['begin'], null);
  assert.deepEqual([early['end'], early['exitcode'], early['pid']], [null, null, null]);
  running.process.stdin?.end('go\n');
  const { status, stderr } = await reporter.finished;
  assert.deepEqual([status, stderr], [0, '']);
  const { exitcode, pid, app_version: version, begin } = await job.row();
  assert.deepEqual(
    [exitcode, pid, version, begin],
    [3, keptBy(job.root).result().pid, '1.2.3', early['begin']],
  );
  assert.deepEqual(
    (await job.lines()).map(({ seq, type, line }) => [seq, type, line]),
    [
      [1, 'stdout', 'ready\n'],
      [2, 'stderr', 'žluťoučký 🐎\n'],
      [3, 'stdout', 'last'],
    ],
  );
});

test('MariaDB in strict mode stores lines of every length and with any bytes', async (t) => {
  const job = await mariadbJob(t);
  const place = temporaryVolume(t);
  const output = Buffer.concat([
    Buffer.from(`${'x'.repeat(65_534)}\n`),
    Buffer.from(`${'y'.repeat(65_535)}\n`),
    Buffer.from(`${'ž'.repeat(40_000)}\n`),
    Buffer.from(`${'🐎'.repeat(20_000)}\n`),
    Buffer.alloc(70_000, 0xff),
    Buffer.from('\n'),
    Buffer.from([0x61, 0x00, 0x62, 0xc3, 0x0a]),
    Buffer.from('quote \' \\ " %s ? \x1a\r\n'),
    Buffer.from('no newline \u{1f40e}').subarray(0, -1),
  ]);
  writeFileSync(join(place, 'output'), output);
  await runJob(t, ['cat', join(place, 'output')], { root: job.root });
  const { status, stderr } = await emissary(['wait'], job);
  assert.deepEqual([status, stderr], [0, '']);
  const lines = await job.lines();
  for (const { line } of lines) assert.ok(Buffer.byteLength(line) <= 65_535);
  assert.equal(lines.map(({ line }) => line).join(''), output.toString());
  assert.equal(lines[1]?.line.length, 65_535);
  assert.equal(lines[2]?.line, '\n');
});

test('MariaDB: an artifact larger than max_allowed_packet is refused with a message; the rest is stored', async (t) => {
  const job = await mariadbJob(t);
  const place = temporaryVolume(t);
  const none = { archive: { none: {} } };
  const artifacts = ['small.txt', 'large.txt', 'quotes.txt'].map((name) => ({
    name,
    path: join(place, name),
    ...none,
  }));
  writeFileSync(join(place, 'small.txt'), 'small\n');
  writeFileSync(join(place, 'large.txt'), 'x'.repeat(3_000_000));
  // It is stored unchanged, although every character of it would have to be escaped in a statement.
  writeFileSync(join(place, 'quotes.txt'), "'".repeat(1_500_000));
  await runJob(t, ['true'], { root: job.root, template: { outputs: { artifacts } } });
  const { status, stderr } = await emissary(['wait'], job);
  assert.equal(status, 64);
  assert.match(
    stderr,
    /Cannot store output "large.txt" \(outputs\/artifacts\/.*\) in the database .*: it is larger than/,
  );
  assert.ok(!stderr.includes('quotes.txt'), stderr);
  const rows = await server.query<{ filename: string }>('select filename from artifacts where job_id = ?', [
    job.jobId,
  ]);
  assert.deepEqual(
    rows.map(({ filename }) => filename),
    ['small.txt', 'quotes.txt'],
  );
  assert.equal((await job.row())['exitcode'], 0);
});

test('MariaDB that restarts in the middle: every line is stored once, in order', async (t) => {
  const job = await mariadbJob(t);
  const reporter = await startWait(t, job);
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; seq 200000; read go; seq 100000'], {
    root: job.root,
    stdin: 'pipe',
  });
  await until('some lines are stored', async () => (await job.lines()).length > 1_001);
  await server.kill();
  running.process.stdin?.end('go\n');
  await running.finished;
  await server.start();
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 0, stderr);
  const lines = await job.lines();
  const expected = ['ready\n', ...numbers(200_000), ...numbers(100_000)];
  assert.ok(lines.every(({ seq }, index) => seq === index + 1));
  assert.equal(lines.map(({ line }) => line).join(''), expected.join(''));
});

test('MariaDB that is down past the end: the spool is kept, and report delivers it', async (t) => {
  const job = await mariadbJob(t);
  await runJob(t, ['seq', '3000'], { root: job.root });
  await server.kill();
  const env = { ...job.env, EMISSARY_REPORT_SECONDS: '1' };
  const { status, stderr } = await emissary(['wait'], { root: job.root, env });
  await server.start();
  assert.equal(status, 64);
  assert.match(stderr, /Cannot write to the database multiflexi at 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  assert.ok(!stderr.includes(databasePassword));
  const later = await emissary(['report'], job);
  assert.deepEqual([later.status, later.stderr], [0, '']);
  const again = await emissary(['report'], job);
  assert.deepEqual([again.status, again.stderr], [0, '']);
  assert.deepEqual(linesIn(await job.lines()), numbers(3000));
});

test('MariaDB: a wrong password ends the retries with a message that does not contain it', async (t) => {
  const job = await mariadbJob(t);
  await runJob(t, ['true'], { root: job.root });
  const url = server.url.replace(databasePassword, 'wrong-p4ssword');
  const { status, stderr } = await emissary(['wait'], {
    root: job.root,
    env: { ...job.env, MULTIFLEXI_DATABASE_URL: url },
  });
  assert.equal(status, 64);
  assert.match(
    stderr,
    /it rejected the user name or the password; check MULTIFLEXI_DATABASE_URL; a user that requires TLS needs \?ssl-ca=FILE there\n/,
  );
  assert.ok(!stderr.includes('wrong-p4ssword'));
});

test('MariaDB: a missing job is named', async (t) => {
  const job = await mariadbJob(t);
  await runJob(t, ['true'], { root: job.root });
  const env = { ...job.env, MULTIFLEXI_JOB_ID: '999999' };
  const { status, stderr } = await emissary(['wait'], { root: job.root, env });
  assert.equal(status, 64);
  assert.match(stderr, /There is no job 999999 in the database .*; check MULTIFLEXI_JOB_ID\n/);
  assert.equal((await server.query('select 1 from job where id = 999999')).length, 0);
});

test('MariaDB: lines of an earlier run of the job stay, and new ones follow them', async (t) => {
  const job = await mariadbJob(t);
  await server.query(
    "insert into job_output_lines (job_id, seq, line) values (?, 1, 'old\\n'), (?, 2, 'older\\n')",
    [job.jobId, job.jobId],
  );
  await runJob(t, ['echo', 'new'], { root: job.root });
  assert.equal((await emissary(['wait'], job)).status, 0);
  assert.deepEqual(
    (await job.lines()).map(({ seq, line }) => [seq, line]),
    [
      [1, 'old\n'],
      [2, 'older\n'],
      [3, 'new\n'],
    ],
  );
});

test('REST variant A on MariaDB, in its own time zone: strict mode accepts the times', async (t) => {
  const job = await mariadbJob(t);
  const rest = await startRestServer('A', mariadbRows(server));
  t.after(() => rest.close());
  await runJob(t, ['true'], { root: job.root });
  const { status, stderr } = await emissary(['wait'], {
    root: job.root,
    env: {
      MULTIFLEXI_JOB_ID: String(job.jobId),
      MULTIFLEXI_API_URL: rest.url,
      MULTIFLEXI_API_USER: restUser,
      MULTIFLEXI_API_PASSWORD: restPassword,
      MULTIFLEXI_TIMEZONE: 'America/St_Johns',
    },
  });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal((await job.row())['exitcode'], 0);
});

test('MariaDB over TLS with a private authority; a server without it is rejected', async (t) => {
  const job = await mariadbJob(t);
  const place = temporaryVolume(t);
  const file = (name: string) => join(place, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=Private authority',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
  );
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=127.0.0.1',
    '-keyout',
    file('key.pem'),
    '-out',
    file('request.pem'),
  );
  writeFileSync(file('names'), 'subjectAltName=IP:127.0.0.1\n');
  openssl(
    'x509',
    '-req',
    '-in',
    file('request.pem'),
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    file('names'),
    '-out',
    file('cert.pem'),
  );
  execFileSync('chmod', ['-R', 'a+r', place]);
  const secure = await startMariadb([
    `--ssl-cert=${file('cert.pem')}`,
    `--ssl-key=${file('key.pem')}`,
    `--ssl-ca=${file('ca.pem')}`,
  ]);
  t.after(() => secure.stop());
  await secure.addJob(job.jobId);
  await runJob(t, ['echo', 'hello'], { root: job.root });
  const env = (url: string) => ({ ...job.env, MULTIFLEXI_DATABASE_URL: `${url}?ssl-ca=${file('ca.pem')}` });
  const refused = await emissary(['wait'], { root: job.root, env: env(server.url) });
  assert.equal(refused.status, 64);
  assert.match(refused.stderr, /it does not offer TLS, which ssl-ca requires\n/);
  const { status, stderr } = await emissary(['report'], { root: job.root, env: env(secure.url) });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(
    (await secure.query('select 1 from job_output_lines where job_id = ?', [job.jobId])).length,
    1,
  );
});

function numbers(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${index + 1}\n`);
}
