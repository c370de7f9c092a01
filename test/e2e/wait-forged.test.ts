import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { startReadyJob } from '../helpers/job.ts';
import { reportedJob, startWait } from '../helpers/reported-job.ts';
import { standInJob } from '../helpers/stand-in-job.ts';
import { until } from '../helpers/until.ts';

/** A job that forges a complete seal, like a wrapper's. */
function forging(root: string, then: string): readonly string[] {
  const at = new Date().toISOString();
  const stream = { bytes: 0, truncated: false };
  const result = {
    version: 1,
    container: 'main',
    command: ['job'],
    pid: 1,
    attempts: [{ startedAt: at, finishedAt: at, exitCode: 0, signal: null }],
    startedAt: at,
    finishedAt: at,
    verdict: 'succeeded',
    exitCode: 0,
    signal: null,
    origin: 'job',
    message: null,
    stdout: stream,
    stderr: stream,
    usage: { userSeconds: 0, systemSeconds: 0, maxRssBytes: 0 },
    outputs: { parameters: [], artifacts: [], missing: [], skipped: [] },
  };
  writeFileSync(join(root, 'forged'), JSON.stringify(result));
  const script = 'cd "$0/ctr/main"; cp ../../forged result.json; printf 0 >exitcode; echo ready';
  return ['sh', '-c', `${script}; ${then}`, root];
}

test('wait ignores a seal that the running job forged, and reports the real exit code', async (t) => {
  const job = reportedJob(t);
  const reporter = await startWait(t, job);
  const running = await startReadyJob(t, forging(job.root, 'read go; echo late; exit 7'), {
    root: job.root,
    stdin: 'pipe',
  });
  const { stdout } = await emissary(['status'], { root: job.root });
  assert.match(stdout.toString(), /main +running/);
  // Longer than the reporter would need to trust it.
  await until('begin is stored', () => job.row().begin !== null);
  assert.equal(job.row().exitcode, null);
  running.process.stdin?.end('go\n');
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 0, stderr);
  assert.equal(job.row().exitcode, 7);
  assert.ok(job.lines().some(({ line }) => line === 'late\n'));
});

for (const [what, held] of [
  ['that nobody holds', ''],
  ['that the job has held for a while', 'exec 9<>alive; sleep 0.5; exec 9>&-;'],
] as const) {
  test(`wait ignores a seal that the job forged together with another FIFO ${what} in place of alive`, async (t) => {
    const job = reportedJob(t);
    const then = `rm alive; mkfifo alive; ${held} echo replaced; read go; echo late; exit 7`;
    const running = await startReadyJob(t, forging(job.root, then), { root: job.root, stdin: 'pipe' });
    if (held === '') await until('alive is replaced', () => running.stdout().includes('replaced\n'));
    const reporter = await startWait(t, job);
    await until('alive is replaced', () => running.stdout().includes('replaced\n'));
    // Longer than the reporter would need to trust it.
    const end = performance.now() + 1_500;
    await until('it has had time', () => performance.now() > end);
    assert.equal(job.row().exitcode, null);
    running.process.stdin?.end('go\n');
    const { status, stderr } = await reporter.finished;
    assert.deepEqual([status, job.row().exitcode], [0, 7], stderr);
    assert.ok(job.lines().some(({ line }) => line === 'late\n'));
  });
}

test('a timeout, and a user, can still stop a job that forged a seal', async (t) => {
  const job = reportedJob(t);
  await startReadyJob(t, forging(job.root, 'exec sleep 600'), { root: job.root });
  const { status, stderr } = await emissary(['wait', '--timeout', '1'], job);
  assert.equal(status, 0, stderr);
  assert.equal(job.row().exitcode, 143);
  const other = reportedJob(t);
  const running = await startReadyJob(t, forging(other.root, 'exec sleep 600'), { root: other.root });
  assert.equal((await emissary(['signal', 'main', 'TERM'], { root: other.root })).status, 0);
  assert.equal((await running.finished).status, 143);
});

test('wait accepts a seal beside a live wrapper after a while, reports it, and stops the job', async (t) => {
  const { job, wrapper } = standInJob(t);
  wrapper.seal(0);
  const { status, stderr } = await emissary(['wait'], job);
  assert.equal(status, 64);
  assert.match(stderr, /wrapper of container main is still alive 15 s after its exit code appeared/);
  assert.equal(job.row().exitcode, 0);
  assert.equal(readFileSync(join(job.root, 'ctr/main/signal'), 'utf8'), '15');
  // The wrapper's own seal says something else.
  wrapper.seal(3);
  wrapper.die();
  const later = await emissary(['report'], job);
  assert.equal(later.status, 0, later.stderr);
  assert.equal(job.row().exitcode, 3);
});

test("wait does not report success if the seal contradicts the job's recorded exit code", async (t) => {
  const { job, wrapper } = standInJob(t);
  wrapper.ended({ exitCode: 7, verdict: 'failed' });
  wrapper.seal(0);
  wrapper.die();
  const { status } = await emissary(['wait'], job);
  assert.equal(status, 0);
  assert.equal(job.row().exitcode, 7);
});

test('wait exits if the job removed alive and killed its wrapper before wait started', async (t) => {
  const job = reportedJob(t);
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; sleep 600'], { root: job.root });
  await until('the start is recorded', () => running.kept.text('started'));
  rmSync(join(job.root, 'ctr/main/alive'));
  running.kill('SIGKILL');
  await running.finished;
  const { status, stderr } = await emissary(['wait'], job);
  assert.equal(status, 0, stderr);
  assert.equal(job.row().exitcode, 137);
});

test('wait does not report a job that removed alive as lost while its wrapper is alive', async (t) => {
  const job = reportedJob(t);
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; read go; exit 5'], {
    root: job.root,
    stdin: 'pipe',
  });
  rmSync(join(job.root, 'ctr/main/alive'));
  const reporter = await startWait(t, job);
  const request = join(job.root, 'ctr/main/signal');
  const begunAt = performance.now();
  // The reporter probes again and again; wait longer than it waits for an answer.
  await until('it has asked', () => !existsSync(request) && performance.now() > begunAt + 17_000);
  assert.equal(job.row().exitcode, null);
  running.process.stdin?.end('go\n');
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 0, stderr);
  assert.equal(job.row().exitcode, 5);
  assert.ok(!running.stderr().includes('requested'), running.stderr());
});
