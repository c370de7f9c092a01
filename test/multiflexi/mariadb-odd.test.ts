import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { startMariadb } from '../helpers/mariadb.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('MariaDB with other global settings: output is stored unchanged, no line ends its own quotation, and the end is kept', async (t) => {
  const options = ['--sql-mode=NO_BACKSLASH_ESCAPES', '--skip-character-set-client-handshake'];
  const odd = await startMariadb([...options, '--character-set-server=latin1']);
  t.after(() => odd.stop());
  await odd.addJob(7);
  await odd.addJob(8);
  await odd.query('set global autocommit = 0');
  const root = temporaryVolume(t);
  const lines = ["x', now()), (8, 1, 'stdout', 'forged', now()) -- \n", "back\\slash ' 🐎\n"];
  await runJob(t, ['printf', '%s', lines.join('')], { root });
  const env = { MULTIFLEXI_JOB_ID: '7', MULTIFLEXI_DATABASE_URL: odd.url };
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.deepEqual([status, stderr], [0, '']);
  const stored = await odd.query<{ job_id: number; line: string }>(
    'select hex(line) as line, job_id from job_output_lines order by id',
  );
  assert.deepEqual(
    stored.map(({ job_id: id, line }) => [id, Buffer.from(line, 'hex').toString()]),
    lines.map((line) => [7, line]),
  );
  const [row] = await odd.query<{ exitcode: number }>('select exitcode from job where id = 7');
  assert.equal(row?.exitcode, 0);
});

test('MariaDB that cannot store the output gets the end anyway, and what it could not store is logged', async (t) => {
  const refusals: Readonly<Record<string, readonly [string, RegExp]>> = {
    'a line that the server cuts off': ['set global max_allowed_packet = 65536', /max_allowed_packet/],
    'no table': ['drop table job_output_lines', /it lacks one of MultiFlexi's tables/],
  };
  const small = await startMariadb();
  t.after(() => small.stop());
  let jobId = 10;
  for (const [what, [statement, sentence]] of Object.entries(refusals)) {
    jobId += 1;
    await small.addJob(jobId);
    await small.query(statement);
    const root = temporaryVolume(t);
    await runJob(t, ['sh', '-c', 'echo 🐎; printf "%060000d\n" 0; exit 3'], { root });
    const env = { MULTIFLEXI_JOB_ID: String(jobId), MULTIFLEXI_DATABASE_URL: small.url };
    const { status, stderr } = await emissary(['wait'], { root, env });
    assert.equal(status, 64, what);
    assert.match(stderr, sentence, what);
    const [row] = await small.query<{ exitcode: number; end: string }>('select * from job where id = ?', [
      jobId,
    ]);
    assert.equal(row?.exitcode, 3, what);
    assert.notEqual(row?.end, null, what);
    await small.query('set global max_allowed_packet = 16777216');
  }
});

test("MariaDB of an older MultiFlexi, without some columns of the job's row, gets the end, and what it lacks is logged", async (t) => {
  const older = await startMariadb();
  t.after(() => older.stop());
  let jobId = 20;
  for (const column of ['app_version', 'pid']) {
    jobId += 1;
    await older.addJob(jobId);
    await older.query(`alter table job drop column ${column}`);
    const root = temporaryVolume(t);
    await runJob(t, ['sh', '-c', 'echo one; exit 3'], { root });
    const env = { MULTIFLEXI_JOB_ID: String(jobId), MULTIFLEXI_DATABASE_URL: older.url };
    const { status, stderr } = await emissary(['wait'], { root, env });
    assert.equal(status, 64, column);
    assert.match(stderr, /it lacks one of MultiFlexi's columns \(Unknown column/, column);
    const [row] = await older.query<Record<string, unknown>>('select * from job where id = ?', [jobId]);
    assert.equal(row?.['exitcode'], 3, column);
    assert.notEqual(row?.['end'], null, column);
    if (column === 'app_version') assert.notEqual(row?.['pid'], null);
    const lines = await older.query('select line from job_output_lines where job_id = ?', [jobId]);
    assert.equal(lines.length, 1, column);
  }
});

test('MariaDB that rejects one of the outputs gets the others, and the rejected one is named', async (t) => {
  const old = await startMariadb();
  t.after(() => old.stop());
  await old.addJob(30);
  await old.query('alter table artifacts convert to character set utf8mb3');
  const directory = `${temporaryVolume(t)}/out`;
  mkdirSync(directory);
  const template = { multiflexi: { artifactPatterns: ['.*'], artifactDirectory: directory } };
  const write = 'cd "$0"; echo a > a.txt; echo 🐎 > b.txt; echo c > c.txt; head -c 99 /dev/zero > d.bin';
  const { kept } = await runJob(t, ['sh', '-c', write, directory], { template });
  const env = { MULTIFLEXI_JOB_ID: '30', MULTIFLEXI_DATABASE_URL: old.url };
  const stored = async () => {
    const rows = await old.query<{ filename: string }>('select filename from artifacts order by filename');
    return rows.map(({ filename }) => filename);
  };
  const { status, stderr } = await emissary(['wait'], { root: kept.root, env });
  assert.equal(status, 64);
  assert.match(stderr, /Cannot store output .*b\.txt.*: .*Incorrect string value/);
  assert.deepEqual(await stored(), ['a.txt', 'c.txt', 'd.bin']);
  await old.query('alter table artifacts convert to character set utf8mb4');
  const report = await emissary(['report'], { root: kept.root, env });
  assert.deepEqual([report.status, report.stderr], [0, '']);
  assert.deepEqual(await stored(), ['a.txt', 'b.txt', 'c.txt', 'd.bin']);
});
