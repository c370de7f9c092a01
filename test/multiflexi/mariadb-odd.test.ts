import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { startMariadb } from '../helpers/mariadb.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('MariaDB whose settings are others: output as it is, no line that ends its own quotation, an end that stays', async (t) => {
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

test('MariaDB that cannot take the output is told the end all the same, and what it could not take is said', async (t) => {
  const refusals: Readonly<Record<string, readonly [string, RegExp]>> = {
    'a character that the column has not': [
      'alter table job_output_lines convert to character set utf8mb3',
      /Incorrect string value/,
    ],
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
    await small.query('alter table job_output_lines convert to character set utf8mb4').catch(() => undefined);
  }
});
