import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { freePort } from '../helpers/free-port.ts';
import { runJob, startReadyJob } from '../helpers/job.ts';
import { startWait } from '../helpers/reported-job.ts';
import { reportOverRest, restJob } from '../helpers/rest-job.ts';
import { restPassword, startRestServer, type Trouble } from '../helpers/rest-server.ts';
import { sqliteRows } from '../helpers/row-store.ts';
import { standIn } from '../helpers/stand-in.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('REST variant A: begin while the job runs, the end in one request, a few requests in all', async (t) => {
  const job = await restJob(t);
  const reporter = await startWait(t, { root: job.root, env: job.rest });
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; read go; exit 4'], {
    root: job.root,
    stdin: 'pipe',
  });
  await until('begin is stored', () => job.row().begin !== null);
  running.process.stdin?.end('go\n');
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 0);
  assert.equal(
    stderr,
    'emissary: The REST server cannot store 6 bytes of output and 0 output files; they stay on the volume; set MULTIFLEXI_DATABASE_URL to store them\n',
  );
  const { exitcode, end, app_version: version } = job.row();
  assert.deepEqual([exitcode, version], [4, '1.2.3']);
  assert.match(String(end), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.deepEqual(
    job.server.requests.map(({ method, path, body }) => [method, path, Object.keys(body ?? {}).join()]),
    [
      ['POST', '/job/', 'id'],
      ['POST', '/job/', 'id,begin'],
      ['GET', '/app/7.json', ''],
      ['POST', '/job/', 'id,end,exitcode,pid,app_version'],
    ],
  );
});

test('REST times are in the time zone MULTIFLEXI_TIMEZONE', async (t) => {
  const job = await restJob(t);
  await reportOverRest(t, job, { MULTIFLEXI_TIMEZONE: 'Asia/Kolkata' });
  const ahead = Date.parse(`${String(job.row().end).replace(' ', 'T')}Z`) - Date.now();
  assert.ok(Math.abs(ahead - 5.5 * 3_600_000) < 60_000);
});

for (const [variant, reason] of [
  ['B', 'does not implement that'],
  ['C', 'would schedule another job'],
] as const) {
  test(`REST variant ${variant} gets the harmless probe and nothing else`, async (t) => {
    const job = await restJob(t, variant);
    const { status, stderr } = await reportOverRest(t, job);
    assert.equal(status, 64);
    assert.ok(
      stderr.includes(
        `The REST server cannot store a job's row: it ${reason} (variant ${variant}); set MULTIFLEXI_DATABASE_URL\n`,
      ),
    );
    for (const { method, path, body } of job.server.requests) {
      assert.deepEqual([method, path, body], ['POST', '/job/', { id: job.jobId }]);
    }
  });

  test(`REST variant ${variant} with a database: the database stores the row`, async (t) => {
    const job = await restJob(t, variant);
    const { status, stderr } = await reportOverRest(t, job, job.env);
    assert.equal(status, 0, stderr);
    assert.equal(job.row().exitcode, 4);
  });
}

test('REST variant A with a database: the row goes over REST, lines and artifacts over SQL', async (t) => {
  const job = await restJob(t);
  await runJob(t, ['echo', 'hello'], { root: job.root });
  const { status, stderr } = await emissary(['wait'], { root: job.root, env: { ...job.env, ...job.rest } });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(job.row().exitcode, 0);
  assert.equal(job.lines().length, 1);
  const writes = job.server.requests.filter(({ body }) => body?.['exitcode'] !== undefined);
  assert.equal(writes.length, 1);
});

test('REST with MULTIFLEXI_REPORT=output: the row is not changed', async (t) => {
  const job = await restJob(t);
  await runJob(t, ['echo', 'hello'], { root: job.root });
  const env = { ...job.env, ...job.rest, MULTIFLEXI_REPORT: 'output' };
  assert.equal((await emissary(['wait'], { root: job.root, env })).status, 0);
  assert.deepEqual([job.row().begin, job.row().exitcode], [null, null]);
  assert.equal(job.lines().length, 1);
  assert.equal(job.server.requests.length, 0);
});

const passing: readonly (readonly [string, readonly (Trouble | null)[]])[] = [
  ['500 twice', [{ status: 500 }, { status: 500 }]],
  ['500 twice at the end', [null, null, { status: 500 }, { status: 500 }]],
  ['429 with Retry-After', [{ status: 429, headers: { 'Retry-After': '1' } }]],
  ['a connection that is cut', ['cut', 'cut']],
  ['a lost answer to the end', [null, null, null, 'write-then-cut']],
  ['400 after the write', [null, 'write-then-400', null, null, 'write-then-400']],
  ['400 after the probe', ['write-then-400']],
  ['400 after the write, and a look at it that fails', [null, 'write-then-400', { status: 503 }]],
];
for (const [what, troubles] of passing) {
  test(`REST: ${what}, then one record`, async (t) => {
    const job = await restJob(t, 'A', troubles);
    const { status, stderr } = await reportOverRest(t, job);
    assert.equal(status, 0, stderr);
    assert.equal(job.row().exitcode, 4);
    assert.equal(job.row().app_version, '1.2.3');
    assert.ok(job.server.requests.length <= 10);
    const ends = job.server.requests.filter(({ body }) => body?.['exitcode'] !== undefined);
    assert.equal(new Set(ends.map(({ body }) => JSON.stringify(body))).size, 1);
  });
}

test('REST: after a 429, the next request waits as long as requested', async (t) => {
  const busy = { status: 429, headers: { 'Retry-After': '2' } };
  // The first may come before the job is known to have ended, which is another reason for a request.
  const job = await restJob(t, 'A', [busy, busy]);
  const before = performance.now();
  assert.equal((await reportOverRest(t, job)).status, 0);
  assert.ok(performance.now() - before >= 2000);
});

const lasting: readonly (readonly [number, string])[] = [
  [400, 'rejected the report (400); check MULTIFLEXI_API_URL'],
  [401, 'rejected the user name or the password (401); check MULTIFLEXI_API_USER and its password'],
  [403, "does not allow this user to change job 7 (403); check the user's permissions"],
  [404, 'has no job 7 (404); check MULTIFLEXI_JOB_ID and MULTIFLEXI_API_URL'],
  [405, 'does not support this request (405); check the path of MULTIFLEXI_API_URL'],
  [301, 'redirects (301); set MULTIFLEXI_API_URL to the new address'],
];
for (const [status, sentence] of lasting) {
  test(`REST: ${status} ends the retries with a message that says what to do`, async (t) => {
    const body = JSON.stringify({ message: 'no', token: 'an-echoed-secret', success: false });
    const trouble = { status, body, headers: { 'Content-Type': 'application/json', Location: '/elsewhere' } };
    const job = await restJob(
      t,
      'A',
      Array.from({ length: 20 }, () => trouble),
    );
    const finished = await reportOverRest(t, job);
    assert.equal(finished.status, 64);
    assert.ok(
      finished.stderr.includes(`The REST server ${new URL(job.server.url).host} ${sentence}\n`),
      finished.stderr,
    );
    assert.ok(!finished.stderr.includes('an-echoed-secret'));
    assert.ok(job.server.requests.length <= 4);
  });
}

test('REST: a wrong password is not shown', async (t) => {
  const job = await restJob(t);
  const { status, stderr } = await reportOverRest(t, job, { MULTIFLEXI_API_PASSWORD: 'wrong-password' });
  assert.equal(status, 64);
  assert.ok(!stderr.includes('wrong-password'));
});

test('REST that is down past the end: the spool is kept, and report delivers it from a copy of the volume', async (t) => {
  const job = await restJob(t);
  const down = new URL(job.server.url);
  down.port = String(await freePort());
  const env = { ...job.rest, MULTIFLEXI_API_URL: down.href, EMISSARY_REPORT_SECONDS: '1' };
  const { status, stderr } = await reportOverRest(t, job, env);
  assert.equal(status, 64);
  const { host } = down;
  assert.ok(stderr.includes(`Cannot reach the REST server ${host}: ECONNREFUSED`), stderr);
  assert.ok(stderr.includes(`"emissary report --root ${job.root}" delivers it later`));
  const copy = join(temporaryVolume(t), 'copy');
  execFileSync('cp', ['-r', '--no-preserve=mode', job.root, copy]);
  const server = await startRestServer('A', sqliteRows(job.database));
  t.after(() => server.close());
  const later = await emissary(['report', '--root', copy], {
    env: { ...job.rest, MULTIFLEXI_API_URL: server.url },
  });
  assert.deepEqual([later.status, later.stderr], [0, '']);
  assert.equal(job.row().exitcode, 4);
  assert.notEqual(job.row().begin, null);
});

test('REST over TLS with a private authority; without it, a message says so', async (t) => {
  const place = temporaryVolume(t);
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ].concat([
      ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', join(place, 'key.pem'), '-out', join(place, 'cert.pem')],
    ]),
    { stdio: 'ignore' },
  );
  const job = await restJob(t);
  const read = (name: string) => readFileSync(join(place, name), 'utf8');
  const server = await startRestServer('A', sqliteRows(job.database), {
    key: read('key.pem'),
    cert: read('cert.pem'),
  });
  t.after(() => server.close());
  const untrusted = await reportOverRest(t, job, { MULTIFLEXI_API_URL: server.url });
  assert.equal(untrusted.status, 64);
  assert.match(
    untrusted.stderr,
    /presents a certificate that is not trusted \(\w+\); set MULTIFLEXI_API_CA_FILE\n/,
  );
  writeFileSync(join(place, 'password'), `${restPassword}\n`);
  const { MULTIFLEXI_API_PASSWORD: _, ...rest } = job.rest;
  const trusted = await emissary(['report'], {
    root: job.root,
    env: {
      ...rest,
      MULTIFLEXI_API_URL: server.url,
      MULTIFLEXI_API_CA_FILE: join(place, 'cert.pem'),
      MULTIFLEXI_API_PASSWORD_FILE: join(place, 'password'),
    },
  });
  assert.deepEqual([trusted.status, trusted.stderr], [0, '']);
  assert.equal(job.row().exitcode, 4);
});

test('REST: a stored 137 is corrected if a seal appears later, unless it is not ours', async (t) => {
  for (const other of [false, true]) {
    const job = await restJob(t);
    const wrapper = standIn(t, job.root);
    wrapper.started();
    const deadline = new Date(Date.now() + 4_000).toISOString();
    const where = { root: job.root, env: job.rest };
    await emissary(['wait', '--deadline', deadline, '--grace', '1'], where);
    assert.equal(job.row().exitcode, 137);
    // Somebody else has run the job again meanwhile, and it was killed with another code.
    if (other) job.database.query('update job set exitcode = 9 where id = 7');
    wrapper.seal(0);
    wrapper.die();
    const { status, stderr } = await emissary(['report'], where);
    assert.deepEqual([status, job.row().exitcode], other ? [64, 9] : [0, 0], stderr);
  }
});
