import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fixture } from '../helpers/fixture.ts';
import { runJob, startJob, startReadyJob } from '../helpers/job.ts';
import { requireProgram } from '../helpers/require.ts';
import { standstill } from '../helpers/standstill.ts';
import { until } from '../helpers/until.ts';

test('run lets a job finish its work on TERM: every line and its own exit code', async (t) => {
  const job = await startReadyJob(t, [fixture('tells-on-term.sh')]);
  job.kill('SIGTERM');
  const { status, stdout } = await job.finished;
  const lines = Array.from({ length: 10 }, (_, index) => `line ${index + 1}\n`).join('');
  assert.deepEqual(
    [status, stdout.toString(), job.kept.text('stdout')],
    [3, `ready\n${lines}`, `ready\n${lines}`],
  );
  const { verdict, exitCode, signal, origin, message } = job.kept.result();
  assert.deepEqual([verdict, exitCode, signal, origin], ['terminated', 3, null, 'job']);
  assert.equal(message, 'The job exited with code 3, after the emissary received SIGTERM');
});

test('run reports a stopped job as terminated, even if it exits 0', async (t) => {
  const job = await startReadyJob(t, ['sh', '-c', 'trap "exit 0" TERM; echo ready; sleep 3600 & wait']);
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 0);
  assert.equal(job.kept.result().verdict, 'terminated');
});

test('run kills a job that ignores TERM after the grace, and not before', async (t) => {
  const graceMs = 5_000;
  const againMs = 0.9 * graceMs;
  const options = ['--grace', String(graceMs / 1000)];
  const job = await startReadyJob(t, [fixture('ignores-term.sh')], { options });
  const stoodStill = standstill(t);
  const asked = Date.now();
  job.kill('SIGTERM');
  // Another TERM neither shortens nor prolongs the grace.
  await until('most of the grace', () => Date.now() > asked + againMs);
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 137);
  const { verdict, exitCode, signal, message, attempts } = job.kept.result();
  assert.deepEqual([verdict, exitCode, signal], ['terminated', 137, 'SIGKILL']);
  assert.equal(message, 'The job was killed by SIGKILL, after the emissary received SIGTERM');
  const tookMs = Date.parse(attempts[0]?.finishedAt ?? '') - asked;
  // Clocks round to whole milliseconds.
  assert.ok(tookMs >= graceMs - 2 && tookMs - stoodStill() < againMs + graceMs, `KILLed after ${tookMs} ms`);
});

test('run kills at once if the grace is 0', async (t) => {
  const job = await startReadyJob(t, [fixture('ignores-term.sh')], { options: ['--grace=0'] });
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 137);
});

test('run forwards signals while the job is being stopped', async (t) => {
  const script =
    'trap "echo TERM" TERM; trap "echo USR1; exit 9" USR1; echo ready; sleep 3600 & while :; do wait; done';
  const job = await startReadyJob(t, ['bash', '-c', `trap '' USR2; ${script}`]);
  job.kill('SIGTERM');
  await until('TERM was noticed', () => job.stdout().includes('TERM\n'));
  job.kill('SIGUSR1');
  assert.deepEqual([(await job.finished).status, job.kept.text('stdout')], [9, 'ready\nTERM\nUSR1\n']);
});

for (const [signal, code] of [
  ['INT', 130],
  ['SIGUSR1', 138],
  ['SIGRTMIN+3', 165],
  ['SIGRTMAX-1', 191],
  ['IOT', 134],
  ['quit', 131],
  ['9', 137],
] as const) {
  test(`run stops a job with the configured signal: ${signal}`, async (t) => {
    const job = await startReadyJob(t, [fixture('waits.sh')], { env: { EMISSARY_STOP_SIGNAL: signal } });
    job.kill('SIGTERM');
    assert.equal((await job.finished).status, code);
    assert.equal(job.kept.result().verdict, 'terminated');
  });
}

test("run kills processes that have left the job's group and session", async (t) => {
  if (!requireProgram(t, 'setsid')) return;
  // All of them ignore TERM; one of them has even lost its parent.
  const leaves = "setsid sh -c 'echo $$; sleep 3600' &";
  const orphan = "(setsid sh -c 'echo $$; sleep 3600' &)";
  const script = `trap '' TERM; ${leaves} ${orphan}; echo $$; while :; do sleep 3600; done`;
  const job = await startReadyJob(t, ['sh', '-c', `echo ready; ${script}`], { options: ['--grace', '0.1'] });
  const pids = await until('all pids are known', () => {
    const [, ...found] = job.stdout().toString().trim().split('\n');
    return found.length === 3 && found.map(Number);
  });
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 137);
  assert.deepEqual(pids.filter(isAlive), []);
});

test('run stops a job on timeout', async (t) => {
  const job = await runJob(t, [fixture('waits.sh')], { options: ['--timeout', '0.1'] });
  assert.deepEqual([job.status, job.kept.text('exitcode')], [143, '143']);
  const { verdict, exitCode, signal, origin, message } = job.kept.result();
  assert.deepEqual([verdict, exitCode, signal, origin], ['timedOut', 143, 'SIGTERM', 'job']);
  assert.equal(message, 'Timed out: the job was killed by SIGTERM');
});

test('run kills a job that continues after the timeout and the grace', async (t) => {
  const env = { EMISSARY_TIMEOUT_SECONDS: '0.1', EMISSARY_GRACE_SECONDS: '0.1' };
  // It ignores TERM from its first instruction, however early the timeout.
  const under = ['sh', '-c', 'trap "" TERM; exec "$@"', 'sh'];
  const { status, kept } = await runJob(t, [fixture('waits.sh')], { env, under });
  assert.deepEqual([status, kept.result().verdict], [137, 'timedOut']);
});

test('run reports timedOut for a job that exits gracefully on timeout', async (t) => {
  // Time for a shell to set its trap for TERM, on a busy machine, too.
  const options = ['--timeout', '5'];
  const { status, kept } = await runJob(t, [fixture('exits-3-on-term.sh')], { options });
  assert.deepEqual([status, kept.result().verdict], [3, 'timedOut']);
  assert.equal(kept.result().message, 'Timed out: the job exited with code 3');
});

test('run prefers the option to the variable, and 0 means no time limit', async (t) => {
  const env = { EMISSARY_TIMEOUT_SECONDS: '0.01' };
  const { status, kept } = await runJob(t, ['sleep', '0.2'], { env, options: ['--timeout', '0'] });
  assert.deepEqual([status, kept.result().verdict], [0, 'succeeded']);
});

function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false; // It is gone.
  }
}

test('run reads the grace from ARGO_TERMINATION_GRACE_PERIOD_SECONDS', async (t) => {
  const env = { ARGO_TERMINATION_GRACE_PERIOD_SECONDS: '1' };
  const job = await startReadyJob(t, [fixture('ignores-term.sh')], { env });
  const before = performance.now();
  job.kill('SIGTERM');
  const { status } = await job.finished;
  const tookMs = performance.now() - before;
  assert.equal(status, 137);
  assert.ok(tookMs >= 1000 && tookMs < 15_000, `${tookMs} ms`);
});

test('run stopped by its own job continues on CONT and loses nothing', async (t) => {
  const script = 'kill -STOP "$PPID"; head -c 30000 /dev/zero; exit 3';
  const job = startJob(t, ['sh', '-c', script]);
  await until('the emissary is stopped', () =>
    /^State:\tT/m.test(readFileSync(`/proc/${job.pid}/status`, 'utf8')),
  );
  job.kill('SIGTERM');
  job.kill('SIGCONT');
  const { status, stdout } = await job.finished;
  // TERM is pending while the emissary is stopped: the job may have exited by then, or not.
  assert.ok(status === 3 ? stdout.length === 30_000 : status === 143, `${status}`);
  assert.equal(job.kept.text('exitcode'), String(status));
  assert.equal(job.kept.bytes('stdout').length, stdout.length);
});
