import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Running } from '../helpers/emissary.ts';
import { fixture } from '../helpers/fixture.ts';
import { builtLaunch, type ExecutorCase, executorJob, recordingLaunch } from '../helpers/php-executor.ts';
import { linesIn, type ReportedJob } from '../helpers/reported-job.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** Makes PHP one that cannot catch signals. */
const withoutPcntl = [
  '-d',
  'disable_functions=pcntl_signal,pcntl_async_signals,pcntl_signal_get_handler,pcntl_signal_dispatch',
];

for (const { signal, code } of [
  { signal: 'SIGTERM', code: 143 },
  { signal: 'SIGINT', code: 130 },
  { signal: 'SIGHUP', code: 129 },
] as const)
  test(`${signal} to PHP reaches launch, and PHP exits after launch, with its ${code}`, async (t) => {
    if (!requireProgram(t, 'php')) return;
    const script = `
      trap 'echo got it; sleep 0.5; echo stopped; exit ${code}' ${signal.slice(3)}
      while :; do sleep 0.1; done`;
    const { job, start } = executorJob(t, { env: recordingLaunch(t, script).env });
    const running = start();
    // It sleeps when it has its trap.
    await until('launch is ready', () => children(running.pid).flatMap(children).some(isSleeping));
    running.kill(signal);
    const { status, stdout } = await running.finished;
    assert.deepEqual([status, String(stdout)], [code, 'got it\nstopped\n']);
    assert.equal(job.row().exitcode, code);
  });

test('SIGTERM to PHP stops the job, and its row and lines are complete', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const { job, running } = await realJob(t, { application: { executable: fixture('waits.sh') } });
  const processes = treeOf(running.pid);
  running.kill('SIGTERM');
  const { status } = await running.finished;
  assert.equal(status, 143);
  assertEnded(job, 143);
  assert.deepEqual(linesIn(job.lines()), ['ready\n']);
  assert.deepEqual(processes.filter(isRunning), []);
});

test('PHP waits for a job that takes its time to stop, and reports all of its lines', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const { job, running } = await realJob(t, { application: { executable: fixture('tells-on-term.sh') } });
  running.kill('SIGTERM');
  const { status, stdout } = await running.finished;
  assert.equal(status, 3);
  assertEnded(job, 3);
  const lines = ['ready\n', ...Array.from({ length: 10 }, (_, index) => `line ${index + 1}\n`)];
  assert.equal(String(stdout), lines.join(''));
  assert.deepEqual(linesIn(job.lines()), lines);
});

test('PHP waits for a job that ignores SIGTERM, which is killed after its grace time', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const { job, running } = await realJob(t, {
    application: { executable: fixture('ignores-term.sh') },
    env: { EMISSARY_GRACE_SECONDS: '1' },
  });
  const processes = treeOf(running.pid);
  running.kill('SIGTERM');
  const { status } = await running.finished;
  assert.equal(status, 137);
  assertEnded(job, 137);
  assert.deepEqual(processes.filter(isRunning), []);
});

test('SIGTERM to every process of the unit, twice, as systemd sends it, stops the job gracefully', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const { job, running } = await realJob(t, { application: { executable: fixture('exits-3-on-term.sh') } });
  const processes = treeOf(running.pid);
  for (const _ of [1, 2]) for (const pid of processes) tryKill(pid);
  const { status } = await running.finished;
  assert.equal(status, 3);
  assertEnded(job, 3);
  // A shell may tell on standard error that its child was terminated.
  const printed = job.lines().filter(({ type }) => type === 'stdout');
  assert.deepEqual(linesIn(printed), ['ready\n', 'stopping\n']);
});

for (const { how, signal, php } of [
  { how: 'SIGKILL to PHP', signal: 'SIGKILL', php: [] },
  { how: 'SIGTERM to a PHP without pcntl', signal: 'SIGTERM', php: withoutPcntl },
] as const)
  test(`${how} leaves the job running, and launch completes its row and lines`, async (t) => {
    if (!requireProgram(t, 'php')) return;
    const script = releasable(t);
    const { job, running } = await realJob(t, { php, application: { executable: script } });
    running.kill(signal);
    assert.equal((await running.finished).signal, signal);
    assert.equal(job.row().exitcode, null);
    writeFileSync(`${script}.go`, '');
    await until('launch has reported the end', () => job.row().exitcode !== null);
    assertEnded(job, 5);
    assert.deepEqual(linesIn(job.lines()), ['ready\n', 'released\n']);
  });

test('a PHP without pcntl runs a job to its end', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const script = releasable(t);
  writeFileSync(`${script}.go`, '');
  const env = builtLaunch(t);
  const { job, run } = executorJob(t, { php: withoutPcntl, application: { executable: script }, env });
  const { status, facts } = await run();
  assert.deepEqual([status, facts.output], [5, 'ready\nreleased\n']);
  assertEnded(job, 5);
});

async function realJob(
  t: TestContext,
  given: ExecutorCase,
): Promise<{ readonly job: ReportedJob; readonly running: Running }> {
  const { job, start } = executorJob(t, { ...given, env: { ...builtLaunch(t), ...given.env } });
  const running = start();
  await until('the job is ready', () => linesIn(job.lines()).includes('ready\n'));
  return { job, running };
}

function assertEnded(job: ReportedJob, code: number): void {
  const { begin, end, exitcode } = job.row();
  assert.equal(exitcode, code);
  assert.ok(begin !== null && end !== null);
}

/** A job that ends when a file appears. */
function releasable(t: TestContext): string {
  const script = join(temporaryVolume(t), 'job.sh');
  const text = '#!/bin/sh\necho ready\nwhile [ ! -e "$0.go" ]; do sleep 0.05; done\necho released\nexit 5\n';
  writeFileSync(script, text);
  chmodSync(script, 0o755);
  return script;
}

function children(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function treeOf(pid: number): readonly number[] {
  return [pid, ...children(pid).flatMap(treeOf)];
}

function isSleeping(pid: number): boolean {
  return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n';
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false; // It is gone.
  }
}

/** Some live only for a moment, and some have exited by the second round. */
function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
  }
}
