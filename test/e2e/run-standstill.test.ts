import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { startJob, startReadyJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';

/** Whether the job has exited and has not been reaped. */
function isZombie(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.startsWith('Z') === true;
}

function jobOf(started: string): number {
  return (JSON.parse(started) as { pid: number }).pid;
}

/** A file that lets the job continue. */
const waitsForFile = 'echo ready; until test -e "$0"; do sleep 0.01; done; exit "$1"';

test('a job that exits in time keeps its own verdict if run was frozen past the time limit', async (t) => {
  const limitSeconds = 3;
  const job = startJob(t, ['sh', '-c', 'echo ready; sleep 0.5; exit 0'], {
    options: ['--timeout', String(limitSeconds)],
  });
  await until('it is ready', () => job.stdout().includes('ready') && job.kept.has('started'));
  job.kill('SIGSTOP');
  const pid = jobOf(job.kept.text('started'));
  const { startedAt } = JSON.parse(job.kept.text('started')) as { startedAt: string };
  await until('the job has ended', () => isZombie(pid));
  await until('the limit is over', () => Date.now() > Date.parse(startedAt) + 1000 * limitSeconds + 200);
  job.kill('SIGCONT');
  const { status } = await job.finished;
  assert.deepEqual([status, job.kept.result().verdict], [0, 'succeeded']);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`a job that exited before ${signal} arrived keeps its own verdict`, async (t) => {
    const job = await startReadyJob(t, ['sh', '-c', 'echo ready; sleep 0.5; exit 0']);
    await until('it is told', () => job.kept.has('started'));
    job.kill('SIGSTOP');
    await until('the job has ended', () => isZombie(jobOf(job.kept.text('started'))));
    job.kill(signal);
    job.kill('SIGCONT');
    const { status } = await job.finished;
    assert.deepEqual([status, job.kept.result().verdict], [0, 'succeeded']);
  });
}

test('run does not kill a job whose grace elapsed while run was frozen: the job gets the rest', async (t) => {
  const script = 'trap "sleep 1.5; exit 3" TERM; echo ready; while :; do sleep 0.05; done';
  const job = await startReadyJob(t, ['sh', '-c', script], { options: ['--grace', '5'] });
  await until('it is told', () => job.kept.has('started'));
  const pid = jobOf(job.kept.text('started'));
  job.kill('SIGTERM');
  await until('it is passed on', () => isTrapped(pid));
  process.kill(-pid, 'SIGSTOP');
  job.kill('SIGSTOP');
  const begun = performance.now();
  await until('the grace is over', () => performance.now() - begun > 5_500);
  process.kill(-pid, 'SIGCONT');
  job.kill('SIGCONT');
  const { status } = await job.finished;
  assert.deepEqual([status, job.kept.result().verdict], [3, 'terminated']);
});

/** The job's shell has got the signal and waits for its last command. */
function isTrapped(pid: number): boolean {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .some((child) => readFileSync(`/proc/${child}/cmdline`, 'latin1') === 'sleep\x001.5\0');
}

test('a job that was frozen together with run gets the rest of its time', async (t) => {
  const limitSeconds = 4;
  const job = startJob(t, ['sh', '-c', waitsForFile, 'go', '0'], {
    options: ['--timeout', String(limitSeconds)],
  });
  await until('it is ready', () => job.stdout().includes('ready') && job.kept.has('started'));
  const pid = jobOf(job.kept.text('started'));
  const begun = performance.now();
  process.kill(-pid, 'SIGSTOP');
  job.kill('SIGSTOP');
  await until('the limit is over', () => performance.now() - begun > 1000 * limitSeconds + 500);
  process.kill(-pid, 'SIGCONT');
  job.kill('SIGCONT');
  // Nobody creates the file that it waits for: it is stopped, but only after the rest of its time.
  const { status } = await job.finished;
  assert.equal(status, 143);
  const { verdict, attempts } = job.kept.result();
  assert.equal(verdict, 'timedOut');
  const [attempt] = attempts;
  assert.ok(attempt !== undefined);
  const lasted = Date.parse(attempt.finishedAt) - Date.parse(attempt.startedAt);
  assert.ok(lasted > 1000 * limitSeconds + 500 + 1000, `${lasted} ms`);
});
