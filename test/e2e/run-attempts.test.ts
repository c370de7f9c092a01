import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture } from '../helpers/fixture.ts';
import { runJob, startJob } from '../helpers/job.ts';
import { requireProgram, requireRoot } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

for (const [retries, attempts] of [
  [0, 1],
  ['0', 1],
  [1, 1],
  ['2', 2],
  [3, 3],
] as const) {
  test(`run makes ${attempts} attempts of a failing job with retries ${JSON.stringify(retries)}`, async (t) => {
    const { status, stdout, kept } = await runJob(t, ['sh', '-c', 'echo try; exit 7'], {
      template: retrying({ retries }),
    });
    const printed = 'try\n'.repeat(attempts);
    assert.deepEqual([status, stdout.toString(), kept.text('stdout')], [7, printed, printed]);
    const result = kept.result();
    assert.deepEqual(
      result.attempts.map(({ exitCode, signal }) => [exitCode, signal]),
      Array.from({ length: attempts }, () => [7, null]),
    );
    assert.equal(JSON.parse(kept.text('started')).attempt, attempts);
    const times = result.attempts.flatMap(({ startedAt, finishedAt }) => [startedAt, finishedAt]);
    assert.deepEqual(times, [...times].sort());
    assert.deepEqual([result.startedAt, result.finishedAt], [times[0], times.at(-1)]);
  });
}

test('run makes no further attempt after a success', async (t) => {
  const once = join(temporaryVolume(t), 'once');
  const script = `if [ -e "${once}" ]; then echo second; else : >"${once}"; echo first; exit 1; fi`;
  const { status, stdout, kept } = await runJob(t, ['sh', '-c', script], {
    template: retrying({ retries: 5 }),
  });
  assert.deepEqual([status, stdout.toString()], [0, 'first\nsecond\n']);
  const { verdict, attempts, message } = kept.result();
  assert.deepEqual([verdict, attempts.map(({ exitCode }) => exitCode), message], ['succeeded', [1, 0], null]);
});

test('run does not retry a missing command', async (t) => {
  const { status, kept } = await runJob(t, ['no-such-command'], { template: retrying({ retries: 5 }) });
  assert.deepEqual([status, kept.result().attempts.length], [127, 1]);
});

test("run reports the job's own failure if the retry cannot be started", async (t) => {
  if (!requireProgram(t, 'prlimit') || !requireRoot(t)) return;
  // The process limit does not apply to root.
  const script = 'prlimit --pid "$PPID" --nproc=0:0; exit 3';
  const { status, stderr, kept } = await runJob(t, ['sh', '-c', script], {
    uid: 12_345,
    gid: 12_345,
    template: retrying({ retries: 3 }),
  });
  const { verdict, attempts, origin } = kept.result();
  assert.deepEqual([status, verdict, attempts.length, origin], [3, 'failed', 1, 'job']);
  assert.match(stderr, /: too many processes; the previous attempt's failure stands\n$/);
});

for (const duration of ['0.2s', '200ms', '100ms100000us', '.003m20ms', '0h200000µs']) {
  test(`run waits for the template's retry delay: ${duration}`, async (t) => {
    const { kept } = await runJob(t, ['false'], { template: retrying({ retries: 2, duration }) });
    const [first, second] = kept.result().attempts;
    const pauseMs = Date.parse(second?.startedAt ?? '') - Date.parse(first?.finishedAt ?? '');
    assert.ok(pauseMs >= 198, `${pauseMs} ms`);
  });
}

for (const [signal, code, verdict] of [
  ['SIGTERM', 143, 'terminated'],
  ['SIGINT', 130, 'terminated'],
] as const) {
  test(`run forwards ${signal} to the second attempt and does not retry again`, async (t) => {
    const once = join(temporaryVolume(t), 'once');
    const script = `[ -e "${once}" ] || { : >"${once}"; exit 1; }; echo ready; exec sleep 3600`;
    const job = startJob(t, ['sh', '-c', script], { template: retrying({ retries: 5 }) });
    await until('the second attempt', () => job.stdout().includes('ready\n'));
    job.kill(signal);
    assert.equal((await job.finished).status, code);
    const result = job.kept.result();
    assert.deepEqual([result.verdict, result.attempts.length], [verdict, 2]);
  });
}

test('run does not retry a job that fails after a stop', async (t) => {
  const job = startJob(t, [fixture('exits-3-on-term.sh')], { template: retrying({ retries: 5 }) });
  await until('the job is ready', () => job.stdout().includes('ready\n'));
  job.kill('SIGTERM');
  const { status, stdout } = await job.finished;
  assert.deepEqual([status, stdout.toString()], [3, 'ready\nstopping\n']);
});

test('run exits at once on TERM between two attempts', async (t) => {
  const template = retrying({ retries: 2, duration: '1h' });
  const job = startJob(t, ['sh', '-c', 'echo ready; exit 4'], { template });
  await until('the first attempt has ended', () => {
    const { pid } = JSON.parse(job.kept.text('started'));
    return job.stdout().includes('ready\n') && !isThere(pid);
  });
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 4);
  const { verdict, exitCode, attempts, message } = job.kept.result();
  assert.deepEqual([verdict, exitCode, attempts.length], ['terminated', 4, 1]);
  assert.equal(message, 'The job exited with code 4, after the emissary received SIGTERM');
});

test('run applies the time limit to all attempts together', async (t) => {
  const { status, kept } = await runJob(t, ['sh', '-c', 'sleep 0.1; exit 2'], {
    template: retrying({ retries: 1_000 }),
    options: ['--timeout', '0.25'],
  });
  const { verdict, attempts } = kept.result();
  assert.equal(verdict, 'timedOut');
  assert.ok(status === 143 || status === 2, String(status));
  assert.ok(attempts.length >= 1 && attempts.length <= 3, String(attempts.length));
});

test("run terminates an attempt's leftovers before the next attempt", async (t) => {
  const marker = `${Date.now()}`.slice(-6);
  const script = `pgrep -fc 'sleep 9${marker}'; sleep 9${marker} & exit 1`;
  const { stdout } = await runJob(t, ['sh', '-c', script], { template: retrying({ retries: 2 }) });
  // pgrep also counts the shell with the pattern in its arguments, the same both times.
  const [first, second] = stdout.toString().trim().split('\n');
  assert.equal(second, first);
});

function retrying(retryStrategy: object): object {
  return { containerSet: { containers: [{ name: 'main' }], retryStrategy } };
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // It has exited.
  }
}
