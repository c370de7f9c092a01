import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture } from '../helpers/fixture.ts';
import { runJob, startJob, startReadyJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const MiB = 1024 * 1024;

test('the result has every key of the contract', async (t) => {
  const { kept, stdout } = await runJob(t, ['sh', '-c', 'echo $$; echo error >&2'], { name: 'step-1' });
  const { startedAt, finishedAt, begunAt = '', sealedAt = '', usage, attempts, ...rest } = kept.result();
  assert.deepEqual(rest, {
    version: 1,
    container: 'step-1',
    command: ['sh', '-c', 'echo $$; echo error >&2'],
    pid: Number(stdout.toString()),
    verdict: 'succeeded',
    exitCode: 0,
    signal: null,
    origin: 'job',
    message: null,
    stdout: { bytes: stdout.length, truncated: false },
    stderr: { bytes: 6, truncated: false },
    outputs: { parameters: [], artifacts: [], missing: [], skipped: [] },
  });
  for (const text of [begunAt, startedAt, finishedAt, sealedAt]) assert.match(text, time);
  assert.deepEqual(attempts, [{ startedAt, finishedAt, exitCode: 0, signal: null }]);
  assert.deepEqual(Object.keys(usage), ['userSeconds', 'systemSeconds', 'maxRssBytes']);
});

test('the result has the times of the job', async (t) => {
  const before = Date.now();
  const job = startJob(t, ['sh', '-c', 'read -r _'], { stdin: 'pipe' });
  await until('the start is told', () => job.kept.has('started'));
  const between = Date.now();
  // Times are whole milliseconds.
  await until('a later one', () => Date.now() > between);
  job.process.stdin?.end('\n');
  await job.finished;
  const { startedAt, finishedAt } = job.kept.result();
  const times = [before, Date.parse(startedAt), between, Date.parse(finishedAt), Date.now()];
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  assert.ok(Date.parse(finishedAt) > between, 'the end is not told as the start');
});

test('the result has the resource usage of the job and its descendants', async (t) => {
  const burn = 'i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done';
  const { kept } = await runJob(t, [
    'sh',
    '-c',
    `sh -c '${burn}'; dd bs=200M count=1 if=/dev/zero of=/dev/null`,
  ]);
  const { userSeconds, systemSeconds, maxRssBytes } = kept.result().usage;
  assert.ok(userSeconds > 0.02 && userSeconds < 60, `${userSeconds} s`);
  assert.ok(systemSeconds > 0, `${systemSeconds} s`);
  assert.ok(
    maxRssBytes !== null && maxRssBytes > 200 * MiB && maxRssBytes < 400 * MiB,
    `${maxRssBytes} bytes`,
  );
});

test('the peak memory is null if the job used less than the emissary', async (t) => {
  const { kept } = await runJob(t, ['sh', '-c', 'sleep 0.01']);
  assert.equal(kept.result().usage.maxRssBytes, null);
});

test('the peak memory is that of the largest attempt', async (t) => {
  const script = '[ -e "$0" ] && exit; : >"$0"; dd bs=200M count=1 if=/dev/zero of=/dev/null; exit 1';
  const template = { containerSet: { containers: [{ name: 'main' }], retryStrategy: { retries: 2 } } };
  const { kept } = await runJob(t, ['sh', '-c', script, join(temporaryVolume(t), 'begun')], { template });
  const { attempts, usage } = kept.result();
  assert.equal(attempts.length, 2);
  assert.ok(usage.maxRssBytes !== null && usage.maxRssBytes > 200 * MiB, `${usage.maxRssBytes} bytes`);
});

test("started is published atomically and names the job's process", async (t) => {
  const job = await startReadyJob(t, ['sh', '-c', 'echo $$; echo ready; exec sleep 3600']);
  const { pid, startedAt, attempt } = JSON.parse(job.kept.text('started'));
  assert.deepEqual([pid, attempt], [Number.parseInt(job.stdout().toString(), 10), 1]);
  assert.match(startedAt, time);
  assert.deepEqual([job.kept.has('exitcode'), job.kept.has('result.json')], [false, false]);
  job.kill('SIGTERM');
  await job.finished;
  const result = job.kept.result();
  assert.deepEqual([result.pid, result.startedAt], [pid, startedAt]);
});

test('the seal is published last: the result is complete when it appears', async (t) => {
  const job = await startReadyJob(t, [fixture('exits-3-on-term.sh')]);
  job.kill('SIGTERM');
  assert.equal(await job.kept.sealed(), '3');
  assert.equal(job.kept.result().exitCode, 3);
  assert.doesNotMatch(job.kept.text('exitcode'), /\n/);
  await job.finished;
});
