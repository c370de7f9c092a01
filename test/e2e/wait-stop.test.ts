import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { limits } from '../../src/base/limits.ts';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { fixture } from '../helpers/fixture.ts';
import { runJob, startJob, startReadyJob } from '../helpers/job.ts';
import { type ReportedJob, reportedJob, startWait } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';

function reportOf({ root }: ReportedJob) {
  return JSON.parse(readFileSync(join(root, 'report/report.json'), 'utf8')) as Record<string, unknown>;
}

test('wait stops the job on its timeout, and reports it as timedOut', async (t) => {
  const job = reportedJob(t);
  await startReadyJob(t, ['sh', '-c', 'echo ready; sleep 60'], { root: job.root });
  const { status, stderr } = await emissary(['wait', '--timeout', '0.5'], job);
  assert.deepEqual([status, stderr], [0, 'emissary: The timeout has expired: stopping the job\n']);
  assert.equal(job.row().exitcode, 143);
  assert.equal(reportOf(job)['verdict'], 'timedOut');
});

test('wait kills a job that ignores its timeout when the grace is over', async (t) => {
  const job = reportedJob(t);
  await startReadyJob(t, [fixture('ignores-term.sh')], { root: job.root });
  const { status } = await emissary(['wait', '--timeout', '0.2', '--grace', '0.5'], job);
  assert.equal(status, 0);
  assert.equal(job.row().exitcode, 137);
  assert.equal(reportOf(job)['verdict'], 'timedOut');
});

test('wait stops the job gracefully and reports it before its deadline, and status shows the split', async (t) => {
  const job = reportedJob(t);
  const running = await startReadyJob(
    t,
    ['sh', '-c', 'trap "echo bye; exit 3" TERM; echo ready; sleep 60 & wait'],
    {
      root: job.root,
    },
  );
  const deadline = Date.now() + 15_000;
  const reporter = await startWait(t, job, ['--deadline', new Date(deadline).toISOString(), '--grace', '3']);
  const { stdout } = await emissary(['status', '--json'], { root: job.root });
  const { budget } = JSON.parse(stdout.toString()) as { budget: Record<string, string> };
  const order = ['stopAt', 'killAt', 'gatherUntil', 'reportUntil'].map((name) =>
    Date.parse(budget[name] ?? ''),
  );
  assert.deepEqual(
    [...order].sort((a, b) => a - b),
    order,
  );
  assert.equal(order[3], deadline);
  assert.equal((await reporter.finished).status, 0);
  assert.ok(Date.now() < deadline);
  assert.equal((await running.finished).status, 3);
  assert.equal(job.row().exitcode, 3);
  assert.ok(job.lines().some(({ line }) => line === 'bye\n'));
});

test('wait stops the job gracefully on TERM, gathers and reports', async (t) => {
  const job = reportedJob(t);
  const reporter = await startWait(t, job);
  await startReadyJob(
    t,
    ['sh', '-c', 'trap "sleep 0.3; echo bye; exit 3" TERM; echo ready; sleep 60 & wait'],
    {
      root: job.root,
    },
  );
  await until('begin is stored', () => job.row().begin !== null);
  reporter.kill('SIGTERM');
  reporter.kill('SIGTERM');
  const { status, stderr } = await reporter.finished;
  assert.deepEqual([status, stderr], [0, 'emissary: Received a stop signal: stopping the job first\n']);
  assert.equal(job.row().exitcode, 3);
  assert.ok(job.lines().some(({ line }) => line === 'bye\n'));
});

test('wait stops the job gracefully on HUP, INT and QUIT too', async (t) => {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT'] as const) {
    const job = reportedJob(t);
    const reporter = await startWait(t, job);
    const running = await startReadyJob(
      t,
      ['sh', '-c', 'trap "echo bye; exit 3" TERM; echo ready; sleep 60 & wait'],
      { root: job.root },
    );
    reporter.kill(signal);
    const { status, stderr } = await reporter.finished;
    const said = 'emissary: Received a stop signal: stopping the job first\n';
    assert.deepEqual([status, stderr], [0, said], signal);
    assert.equal((await running.finished).status, 3);
    assert.equal(job.row().exitcode, 3);
  }
});

test('wait under nohup continues when its terminal is closed', async (t) => {
  const job = reportedJob(t);
  const reporter = startEmissary(t, ['wait'], { ...job, under: ['nohup'] });
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; read go; exit 3'], {
    root: job.root,
    stdin: 'pipe',
  });
  await until('begin is stored', () => job.row().begin !== null);
  reporter.kill('SIGHUP');
  running.process.stdin?.end('go\n');
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 0);
  assert.ok(!stderr.includes('stop signal'), stderr);
  assert.equal(job.row().exitcode, 3);
});

test('wait reports that no container was started if TERM comes before any', async (t) => {
  const job = reportedJob(t);
  const reporter = await startWait(t, job);
  reporter.kill('SIGTERM');
  assert.equal((await reporter.finished).status, 0);
  assert.equal(job.row().exitcode, 137);
  assert.equal(reportOf(job)['message'], 'Container main had not started when the job was stopped');
});

test('a container that starts after the stop finds the request, and is reported by a reporter that had no time to look', async (t) => {
  const job = reportedJob(t);
  const reporter = await startWait(t, job);
  reporter.kill('SIGTERM');
  await until('the request', () => readFileSync(join(job.root, 'ctr/main/signal')));
  reporter.kill('SIGSTOP');
  const stoodAt = performance.now();
  const late = startJob(t, ['sh', '-c', 'echo started; sleep 60'], { root: job.root });
  assert.equal((await late.finished).status, 143);
  await until('its patience is over', () => performance.now() > stoodAt + limits.neverStartedMs);
  reporter.kill('SIGCONT');
  assert.equal((await reporter.finished).status, 0);
  assert.equal(job.row().exitcode, 143);
});

test("wait requests the run's stop signal on TERM, whichever it is", async (t) => {
  for (const name of ['INT', 'USR1', 'RTMIN+3']) {
    const job = reportedJob(t);
    const reporter = await startWait(t, job);
    const number = { INT: 2, USR1: 10, 'RTMIN+3': 37 }[name];
    const script = `trap 'echo TERM; exit 1' TERM; trap 'echo asked; exit 3' ${number}; echo ready; sleep 60 & wait`;
    const running = await startReadyJob(t, ['bash', '-c', script], {
      root: job.root,
      options: ['--stop-signal', name],
    });
    reporter.kill('SIGTERM');
    assert.equal((await reporter.finished).status, 0);
    assert.equal((await running.finished).status, 3, name);
    assert.equal(job.row().exitcode, 3);
    assert.equal(job.lines().at(-1)?.line, 'asked\n');
  }
});

test('wait reacts to TERM while it delivers much output, and exits when its grace is over', async (t) => {
  const job = reportedJob(t);
  // Writing this to an SQLite file takes much longer than the minimum of three seconds.
  const lines = 60_000_000;
  await runJob(t, ['sh', '-c', `yes "" | head -n ${lines}; exit 3`], { root: job.root });
  const reporter = await startWait(t, job, ['--grace', '1']);
  await until('lines are stored', () => existsSync(join(job.root, 'report/first-line.json')));
  reporter.kill('SIGTERM');
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 64, stderr);
  assert.match(stderr, /The database was not updated in time\n.*Undelivered data stays/);
  const [stored] = job.database.query<{ count: number; last: number; bytes: number }>(
    'select count(*) as count, max(seq) as last, sum(length(line)) as bytes from job_output_lines',
  );
  assert.equal(stored?.count, stored?.last);
  assert.ok((stored?.bytes ?? 0) < lines);
});

test('wait that continues long after an earlier one stopped the job reports it, although that budget is over', async (t) => {
  const job = reportedJob(t);
  await runJob(t, ['sh', '-c', 'echo out; exit 3'], { root: job.root });
  const over = Date.now() - 3_600_000;
  const budget = { reason: 'timeout', stopAt: over, killAt: over, gatherUntil: over, reportUntil: over };
  mkdirSync(join(job.root, 'report'));
  writeFileSync(join(job.root, 'report/stop.json'), JSON.stringify(budget));
  const { status, stderr } = await emissary(['wait'], job);
  assert.equal(status, 0, stderr);
  assert.deepEqual([job.row().exitcode, job.lines().length], [3, 1]);
});

test('wait that continues after the clock was set back does not wait for the time that an earlier one recorded', async (t) => {
  const job = reportedJob(t);
  await startReadyJob(t, ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 1; done'], {
    root: job.root,
  });
  const stopAt = Date.now() + 86_400_000;
  const budget = {
    reason: 'timeout',
    stopAt,
    killAt: stopAt + 1_000,
    gatherUntil: stopAt + 11_000,
    reportUntil: stopAt + 60_000,
  };
  mkdirSync(join(job.root, 'report'));
  writeFileSync(join(job.root, 'report/stop.json'), JSON.stringify(budget));
  const { status, stderr } = await emissary(['wait'], job);
  assert.equal(status, 0, stderr);
  assert.equal(job.row().exitcode, 137);
});

test('wait gives up a frozen wrapper when the time for gathering is over', async (t) => {
  const job = reportedJob(t);
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; sleep 60'], { root: job.root });
  running.kill('SIGSTOP');
  const deadline = Date.now() + 5000;
  const { status } = await emissary(
    ['wait', '--deadline', new Date(deadline).toISOString(), '--grace', '1'],
    job,
  );
  assert.equal(status, 64);
  // The wrapper would stay stopped forever.
  assert.ok(Date.now() < deadline + 60_000);
  assert.equal(job.row().exitcode, 137);
  assert.equal(
    reportOf(job)['message'],
    'Container main did not exit when it was stopped, and left no exit code',
  );
});
