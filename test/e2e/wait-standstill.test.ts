import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { startReadyJob } from '../helpers/job.ts';
import { reportedJob, startWait } from '../helpers/reported-job.ts';
import { standInJob } from '../helpers/stand-in-job.ts';
import { until } from '../helpers/until.ts';

test('wait exits 64 and reports that a stopped wrapper was given up, and report corrects the row', async (t) => {
  const job = reportedJob(t);
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; read go; echo late; exit 0'], {
    root: job.root,
    stdin: 'pipe',
  });
  running.kill('SIGSTOP');
  await until('the wrapper is stopped', () => isStopped(running.pid));
  running.process.stdin?.end('go\n');
  const { status, stderr } = await emissary(['wait', '--timeout', '1', '--grace', '1'], job);
  assert.deepEqual([status, job.row().exitcode], [64, 137]);
  assert.match(stderr, /Container main did not exit when it was stopped/);
  running.kill('SIGCONT');
  assert.equal((await running.finished).status, 0);
  const report = await emissary(['report'], job);
  assert.deepEqual([report.status, job.row().exitcode], [0, 0], report.stderr);
  assert.deepEqual(
    job.lines().map(({ line }) => line),
    ['ready\n', 'late\n'],
  );
});

test('output that was read before its time was known is the same output afterwards', async (t) => {
  const { job, wrapper } = standInJob(t);
  wrapper.write('stdout', 'ready\n');
  const gaveUp = await emissary(['wait', '--timeout', '1', '--grace', '1'], job);
  assert.deepEqual([gaveUp.status, job.lines().length], [64, 1], gaveUp.stderr);
  wrapper.write('timeline', `${Date.now()} 1 6\n`);
  wrapper.seal(0, { stdout: { bytes: 6, truncated: false } });
  wrapper.die();
  const { status, stderr } = await emissary(['report'], job);
  assert.deepEqual([status, job.row().exitcode], [0, 0], stderr);
  assert.deepEqual(
    job.lines().map(({ line }) => line),
    ['ready\n'],
  );
});

test('wait gives the job its grace although wait itself was stopped beyond all its deadlines', async (t) => {
  const job = reportedJob(t);
  const script = "trap 'echo cleaned; exit 7' TERM; echo ready; while :; do sleep 0.05; done";
  await startReadyJob(t, ['sh', '-c', script], { root: job.root });
  const reporter = await startWait(t, job, ['--timeout', '1', '--grace', '5']);
  reporter.kill('SIGSTOP');
  await until('the reporter is stopped', () => isStopped(reporter.pid));
  // Beyond the timeout, the grace, and the time after which it would be given up.
  const end = performance.now() + 18_000;
  await until('its times are over', () => performance.now() > end);
  reporter.kill('SIGCONT');
  const { status, stderr } = await reporter.finished;
  assert.deepEqual([status, job.row().exitcode], [0, 7], stderr);
  assert.ok(job.lines().some(({ line }) => line === 'cleaned\n'));
});

function isStopped(pid: number): boolean {
  return /^State:\tT/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
}
