import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { limits } from '../../src/base/limits.ts';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { type Mariadb, startMariadb } from '../helpers/mariadb.ts';
import { standstill } from '../helpers/standstill.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

let server: Mariadb;
let lastJob = 0;

before(async () => {
  server = await startMariadb();
});
after(() => server.stop());

async function sealedJob(t: TestContext, args: readonly string[]) {
  lastJob += 1;
  await server.addJob(lastJob);
  const root = temporaryVolume(t);
  await runJob(t, args, { root });
  const env = { MULTIFLEXI_JOB_ID: String(lastJob), MULTIFLEXI_DATABASE_URL: server.url };
  return { root, env, jobId: lastJob };
}

async function endOf(jobId: number) {
  const [row] = await server.query<{ exitcode: number | null; end: string | null }>(
    'select exitcode, end from job where id = ?',
    [jobId],
  );
  return { exitcode: row?.exitcode, hasEnd: row?.end !== null };
}

test('a user who may not read the applications: the end is stored, and the missing privilege is named', async (t) => {
  const { root, env, jobId } = await sealedJob(t, ['sh', '-c', 'echo x; exit 3']);
  await server.query("create user few@'127.0.0.1' identified by 'few'");
  for (const table of ['job', 'job_output_lines', 'artifacts'])
    await server.query(`grant select, insert, update on multiflexi.${table} to few@'127.0.0.1'`);
  const url = `mysql://few:few@127.0.0.1:${server.port}/multiflexi`;
  const { status, stderr } = await emissary(['wait'], {
    root,
    env: { ...env, MULTIFLEXI_DATABASE_URL: url },
  });
  assert.equal(status, 64);
  assert.match(stderr, /this user lacks a privilege \(SELECT command denied .*`apps`\); check the grants/);
  assert.deepEqual(await endOf(jobId), { exitcode: 3, hasEnd: true });
});

test("a statement that exceeded the server's max_statement_time is retried", async (t) => {
  const { root, env, jobId } = await sealedJob(t, ['echo', 'x']);
  await server.query('set global max_statement_time = 0.5');
  t.after(() => server.query('set global max_statement_time = 0'));
  const holder = await createConnection({
    host: '127.0.0.1',
    port: server.port,
    user: 'root',
    database: 'multiflexi',
  });
  t.after(() => holder.end());
  await holder.query('set max_statement_time = 0');
  await holder.query('lock tables job write');
  const reporter = startEmissary(t, ['wait'], { root, env });
  await until('it has been refused', () => reporter.stderr().includes('retrying'));
  await holder.query('unlock tables');
  const { status, stderr } = await reporter.finished;
  assert.match(stderr, /ER_STATEMENT_TIMEOUT, .*; retrying\n.* is available again\n/);
  assert.equal(status, 0);
  assert.deepEqual(await endOf(jobId), { exitcode: 0, hasEnd: true });
});

test('a job is reported to a server whose every answer comes late', async (t) => {
  const lateMs = 1_900;
  const proxy = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1');
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('data', (bytes) => upstream.write(bytes));
    upstream.on('data', (bytes) => setTimeout(() => client.destroyed || client.write(bytes), lateMs));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => proxy.close());
  const { port } = proxy.address() as { port: number };
  const url = server.url.replace(`:${server.port}/`, `:${port}/`);
  const report = async () => {
    const stoodStill = standstill(t);
    const { root, env, jobId } = await sealedJob(t, ['echo', 'x']);
    const finished = await emissary(['wait'], { root, env: { ...env, MULTIFLEXI_DATABASE_URL: url } });
    return { ...finished, jobId, lostMs: stoodStill() };
  };
  let reported = await report();
  // Two late answers leave a connection little spare time. If the machine was too slow, there is a logged retry.
  const spareMs = limits.connectMs - 2 * lateMs;
  while (reported.stderr !== '' && reported.lostMs >= spareMs) reported = await report();
  assert.deepEqual([reported.status, reported.stderr], [0, '']);
  assert.deepEqual(await endOf(reported.jobId), { exitcode: 0, hasEnd: true });
});

test('a row that is deleted while the job runs is reported as such', async (t) => {
  lastJob += 1;
  const jobId = lastJob;
  await server.addJob(jobId);
  const root = temporaryVolume(t);
  const env = { MULTIFLEXI_JOB_ID: String(jobId), MULTIFLEXI_DATABASE_URL: server.url };
  const reporter = startEmissary(t, ['wait'], { root, env });
  const job = startEmissary(
    t,
    ['run', '--', 'sh', '-c', `while [ ! -e "${root}/go" ]; do sleep 0.05; done`],
    {
      root,
    },
  );
  await until('begin is stored', async () => {
    const [row] = await server.query<{ begin: string | null }>('select begin from job where id = ?', [jobId]);
    return row !== undefined && row.begin !== null;
  });
  await server.query('delete from job where id = ?', [jobId]);
  writeFileSync(join(root, 'go'), '');
  await job.finished;
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 64);
  assert.match(stderr, /Job \d+ in the database .* no longer exists or did not keep its exit code 0\n/);
});

test('a certificate for another host, and an expired one, are rejected with the reason', async (t) => {
  const place = temporaryVolume(t);
  const file = (name: string) => join(place, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  const key = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', file(`${name}.key`)];
  openssl('req', '-x509', ...key('ca'), '-days', '2', '-subj', '/CN=Authority', '-out', file('ca.pem'));
  openssl('req', ...key('server'), '-subj', '/CN=other.example', '-out', file('server.csr'));
  writeFileSync(file('names'), 'subjectAltName=DNS:other.example\n');
  const signed = ['x509', '-req', '-in', file('server.csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key')];
  const made = ['-CAcreateserial', '-extfile', file('names'), '-out', file('server.pem')];
  const { root, env } = await sealedJob(t, ['echo', 'x']);
  for (const [days, sentence] of [
    ['2', /it presents a certificate for another host \(.*127\.0\.0\.1/],
    ['-1', /it presents a certificate that has expired or is not valid yet \(/],
  ] as const) {
    openssl(...signed, ...made, '-days', days);
    execFileSync('chmod', ['-R', 'a+r', place]);
    const tls = [`--ssl-cert=${file('server.pem')}`, `--ssl-key=${file('server.key')}`];
    const secure = await startMariadb([...tls, `--ssl-ca=${file('ca.pem')}`]);
    t.after(() => secure.stop());
    const url = `${secure.url}?ssl-ca=${file('ca.pem')}`;
    const verb = days === '2' ? 'wait' : 'report';
    const { status, stderr } = await emissary([verb], {
      root,
      env: { ...env, MULTIFLEXI_DATABASE_URL: url },
    });
    assert.equal(status, 64);
    assert.match(stderr, sentence);
  }
});

test('a server that accepts a connection and stays silent is retried', async (t) => {
  const { root, env, jobId } = await sealedJob(t, ['sh', '-c', 'echo x; exit 3']);
  let connections = 0;
  const silentAtFirst = createServer((client) => {
    client.on('error', () => undefined);
    connections += 1;
    if (connections === 1) return;
    const upstream = connect(server.port, '127.0.0.1').on('error', () => client.destroy());
    client
      .on('close', () => upstream.destroy())
      .pipe(upstream)
      .pipe(client);
  });
  await new Promise<void>((resolve) => silentAtFirst.listen(0, '127.0.0.1', resolve));
  t.after(() => silentAtFirst.close());
  const { port } = silentAtFirst.address() as { port: number };
  const url = env.MULTIFLEXI_DATABASE_URL.replace(`:${server.port}/`, `:${port}/`);
  const { status, stderr } = await emissary(['wait'], {
    root,
    env: { ...env, MULTIFLEXI_DATABASE_URL: url },
  });
  assert.deepEqual([status, connections], [0, 2]);
  assert.match(stderr, /ETIMEDOUT, no answer within 5 s; retrying\n/);
  assert.deepEqual(await endOf(jobId), { exitcode: 3, hasEnd: true });
});
