import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { type Mariadb, startMariadb } from '../helpers/mariadb.ts';
import { temporaryVolume } from '../helpers/volume.ts';

let server: Mariadb;
let lastJob = 0;

before(async () => {
  server = await startMariadb();
  await server.query("install soname 'auth_ed25519'");
});
after(() => server.stop());

async function report(t: TestContext, url: string) {
  lastJob += 1;
  await server.addJob(lastJob);
  const root = temporaryVolume(t);
  await runJob(t, ['sh', '-c', 'echo x; exit 3'], { root });
  const env = {
    MULTIFLEXI_JOB_ID: String(lastJob),
    MULTIFLEXI_DATABASE_URL: url,
    EMISSARY_REPORT_SECONDS: '5',
  };
  const finished = await emissary(['wait'], { root, env });
  const [row] = await server.query<{ exitcode: number | null }>('select exitcode from job where id = ?', [
    lastJob,
  ]);
  return { ...finished, exitcode: row?.exitcode };
}

async function addUser(name: string, identified: string): Promise<void> {
  await server.query(`create or replace user ${name} identified ${identified}`);
  await server.query(`grant select, insert, update on multiflexi.* to ${name}`);
}

test('MariaDB: users of ed25519 can log in, whatever the length of their password', async (t) => {
  const passwords = ['x', 'žluť 🐎', randomBytes(16).toString('hex'), randomBytes(100).toString('base64')];
  for (const password of passwords) {
    await addUser("modern@'127.0.0.1'", `via ed25519 using password('${password}')`);
    const place = `127.0.0.1:${server.port}/multiflexi`;
    const { status, stderr, exitcode } = await report(
      t,
      `mysql://modern:${encodeURIComponent(password)}@${place}`,
    );
    assert.deepEqual([status, stderr, exitcode], [0, '', 3], password);
  }
  const wrong = await report(t, `mysql://modern:wr0ng-word@127.0.0.1:${server.port}/multiflexi`);
  assert.equal(wrong.status, 64);
  assert.match(wrong.stderr, /it rejected the user name or the password/);
  assert.ok(!wrong.stderr.includes('wr0ng-word'));
});

test('MariaDB is reached by its socket', async (t) => {
  await addUser('near@localhost', "by 'near by'");
  const url = `mysql://near:near%20by@localhost/multiflexi?socket=${encodeURIComponent(server.socket)}`;
  const { status, stderr, exitcode } = await report(t, url);
  assert.deepEqual([status, stderr, exitcode], [0, '', 3]);
  const gone = await report(t, 'mysql://near:near%20by@localhost/multiflexi?socket=/no/such');
  assert.equal(gone.status, 64);
  assert.match(gone.stderr, /Cannot write to the database multiflexi at \/no\/such: /);
});
