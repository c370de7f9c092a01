import assert from 'node:assert/strict';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { startMariadb } from '../helpers/mariadb.ts';
import { builtLaunch, executorJob } from '../helpers/php-executor.ts';
import { linesIn } from '../helpers/reported-job.ts';
import { requireProgram } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const maxGrowth = 16 * 1024 * 1024;

test('a job of 100 MB of output is in the database completely, and PHP stays small', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const lines = 100_000;
  const job = script(t, `seq -f '%0999.0f' ${lines}`);
  const { job: reported, run } = executorJob(t, {
    application: { executable: job },
    env: builtLaunch(t),
  });
  const { status, facts } = await run();
  assert.equal(status, 0);
  assert.ok(facts.grown < maxGrowth, `grown by ${facts.grown} bytes`);
  let expected = 0;
  for (const { line } of reported.database.query<{ line: string }>(
    'select line from job_output_lines where job_id = ? order by seq',
    reported.jobId,
  ))
    for (const each of linesIn([{ line }])) {
      expected += 1;
      if (Number(each) !== expected) assert.fail(`line ${expected} is ${each.length} bytes, ${Number(each)}`);
    }
  assert.equal(expected, lines);
});

test('the lines, the row and the exit code of a job are those that launch has written', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const { job, tmp, run } = executorJob(t, {
    application: { executable: script(t, 'echo "$GREETING"; echo problem >&2; exit 3') },
    variables: { GREETING: 'dobrý den', SECRET_KEY: { value: 'not to be seen', type: 'password' } },
    env: builtLaunch(t),
  });
  const { status, facts } = await run();
  assert.equal(status, 3);
  assert.deepEqual([facts.output, facts.errorOutput], ['dobrý den\n', 'problem\n']);
  const rows = job.lines().map(({ type, line }) => `${type}: ${line}`);
  assert.deepEqual(rows.sort(), ['stderr: problem\n', 'stdout: dobrý den\n']);
  const { begin, end, exitcode } = job.row();
  assert.ok(begin !== null && end !== null);
  assert.equal(exitcode, 3);
  assert.deepEqual(readdirSync(tmp), []);
});

test('a job is reported to the MariaDB server that core is configured for', async (t) => {
  if (!requireProgram(t, 'php') || !requireProgram(t, 'mariadbd')) return;
  const mariadb = await startMariadb();
  atEnd(t, () => mariadb.stop());
  const id = 7;
  await mariadb.addJob(id);
  const { username, password, hostname, port } = new URL(mariadb.url);
  const { run } = executorJob(t, {
    application: { executable: script(t, 'echo hello; exit 3') },
    env: {
      ...builtLaunch(t),
      DB_CONNECTION: 'mysql',
      DB_HOST: hostname,
      DB_PORT: port,
      DB_USERNAME: username,
      DB_PASSWORD: password,
      DB_DATABASE: 'multiflexi',
    },
  });
  const { status, facts } = await run();
  assert.equal(status, 3, facts.errorOutput);
  assert.deepEqual(await mariadb.query('select exitcode from job where id = ?', [id]), [{ exitcode: 3 }]);
  assert.deepEqual(await mariadb.query('select type, line from job_output_lines where job_id = ?', [id]), [
    { type: 'stdout', line: 'hello\n' },
  ]);
});

test('a job has neither the credentials of the daemon nor its ignored signals', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const { run } = executorJob(t, {
    application: { executable: script(t, 'env; grep SigIgn /proc/self/status') },
    env: { ...builtLaunch(t), DB_PASSWORD: 'daemons-password', ZABBIX_SERVER: 'zabbix.example' },
  });
  const { facts } = await run();
  assert.match(facts.output, /^PATH=/m);
  assert.match(facts.output, /^SigIgn:\s+0+$/m);
  assert.doesNotMatch(facts.output, /daemons-password|DB_|MULTIFLEXI_DATABASE|ZABBIX/);
});

for (const executor of ['EmissaryKubernetes', 'EmissaryAzure'])
  test(`people see why launch refuses a job of ${executor}`, async (t) => {
    if (!requireProgram(t, 'php')) return;
    const { job, run } = executorJob(t, {
      executor,
      application: { ociimage: 'busybox' },
      env: builtLaunch(t),
    });
    const { facts } = await run();
    assert.notEqual(facts.exitCode, 0);
    assert.ok(facts.errorOutput.trim().length > 0);
    assert.equal(job.row().exitcode, facts.exitCode);
    if (facts.exitCode === 64)
      assert.deepEqual(
        job.lines().map(({ type, line }) => [type, line.trim()]),
        [['error', facts.meaning]],
      );
  });

test('the report and the artifacts of a job are stored once', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const report = '{"producer":"test","status":"success","timestamp":"2026-01-01T00:00:00Z"}';
  const job = script(t, `echo '${report}' >"$RESULT_FILE"; echo data >"$MULTIFLEXI_TMP/invoice_1.csv"`);
  const {
    job: reported,
    tmp,
    run,
  } = executorJob(t, {
    application: { executable: job, artifacts: [{ name: 'Invoices', path: 'invoice_\\d+\\.csv' }] },
    variables: { RESULT_FILE: 'report.json' },
    env: builtLaunch(t),
  });
  writeFileSync(join(tmp, 'invoice_2.csv'), 'of another job');
  const { status, facts } = await run();
  assert.equal(status, 0, facts.errorOutput);
  assert.equal(facts.report, `${report}\n`);
  const stored = reported.database.query<{ filename: string }>('select filename from artifacts');
  assert.deepEqual(
    stored.map(({ filename }) => filename).filter((name) => name.endsWith('.csv')),
    ['invoice_1.csv'],
  );
});

function script(t: TestContext, commands: string): string {
  const file = join(temporaryVolume(t), 'job.sh');
  writeFileSync(file, `#!/bin/sh\n${commands}\n`);
  chmodSync(file, 0o755);
  return file;
}
