import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { execa } from 'execa';
import { startEmissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { requireProgram, requireRoot } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';

const plainUser = { uid: 12345, gid: 12345 };

test('wait hides its settings from other processes of its user, and still reports', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'setpriv')) return;
  const job = reportedJob(t);
  const reporter = startEmissary(t, ['wait'], { root: job.root, env: job.env, ...plainUser });
  await until('the reporter has its spool', () => existsSync(`${job.root}/report/journal`));
  for (const file of ['environ', 'mem', 'maps', 'fd/0'])
    assert.notEqual(await readAs(`/proc/${reporter.pid}/${file}`), 0, file);
  assert.equal(await readAs(`/proc/${reporter.pid}/status`), 0);
  await runJob(t, ['sh', '-c', 'echo a line; exit 3'], { root: job.root, ...plainUser });
  assert.equal((await reporter.finished).status, 0, reporter.stderr());
  assert.deepEqual([job.row().exitcode, job.lines()[0]?.line], [3, 'a line\n']);
});

test('report hides its settings from other processes of its user, and still reports', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'setpriv')) return;
  const job = reportedJob(t);
  const lock = new DatabaseSync(job.database.path);
  lock.exec('begin exclusive');
  t.after(() => lock.close());
  await runJob(t, ['sh', '-c', 'exit 3'], { root: job.root, ...plainUser });
  const surroundings = { root: job.root, env: job.env, ...plainUser };
  const reporter = startEmissary(t, ['wait'], surroundings);
  await until('the job is gathered', () => existsSync(`${job.root}/report/report.json`));
  reporter.kill('SIGKILL');
  await reporter.finished;
  const again = startEmissary(t, ['report'], surroundings);
  await until('it hides itself', async () => (await readAs(`/proc/${again.pid}/environ`)) !== 0);
  assert.equal(again.process.exitCode, null);
  lock.exec('commit');
  assert.equal((await again.finished).status, 0, again.stderr());
  assert.equal(job.row().exitcode, 3);
});

/** The exit status of head(1), run as that user without any capabilities. */
async function readAs(path: string): Promise<number | undefined> {
  const { uid, gid } = plainUser;
  const { exitCode } = await execa({
    reject: false,
  })`setpriv --reuid ${uid} --regid ${gid} --clear-groups head -c 1 ${path}`;
  return exitCode;
}
