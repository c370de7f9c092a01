import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmissary } from '../helpers/emissary.ts';
import { startJob } from '../helpers/job.ts';
import { assertSame, mirroredVolume } from '../helpers/mirrored-job.ts';
import { linesIn, reportedJob, startWait } from '../helpers/reported-job.ts';
import { seeded } from '../helpers/seeded.ts';
import { until } from '../helpers/until.ts';

const outputLines = 20_000;
/** Prints numbered lines on both streams, in bursts. */
const prints = `i=0; while [ $i -lt ${outputLines} ]; do i=$((i+1)); echo "line $i"; [ $((i % 10)) = 0 ] && echo "error $i" >&2;
  [ $((i % 1000)) = 0 ] && sleep 0.1; done; exit 7`;

test('wait on a mirror stores each byte and each row once, through 20 connections cut at random', async (t) => {
  const chance = seeded(t);
  const cuts = Array.from({ length: 20 }, () => chance.whole(1, 40_000));
  const mirrored = mirroredVolume(t, { cuts });
  const job = { ...reportedJob(t), root: mirrored.near };
  const mirror = await mirrored.start();
  const reporter = await startWait(t, job);
  const running = startJob(t, ['sh', '-c', prints], { root: mirrored.far });
  assert.equal((await running.finished).status, 7);
  assert.equal((await mirror.finished).status, 0);
  assert.equal((await reporter.finished).status, 0);
  assert.equal(mirrored.senders().length, 21);
  assertSame(mirrored);
  assert.equal(job.row().exitcode, 7);
  const rows = job.lines();
  const of = (type: string) => linesIn(rows.filter((row) => row.type === type)).join('');
  assert.equal(of('stdout'), readFileSync(join(mirrored.far, 'ctr/main/stdout'), 'utf8'));
  assert.equal(of('stderr'), readFileSync(join(mirrored.far, 'ctr/main/stderr'), 'utf8'));
  // Each connection that broke is one line.
  assert.equal(mirror.stderr().match(/The connection to the volume broke/g)?.length, 20);
});

test('a sender that is killed, and one that stands still, are replaced', async (t) => {
  const mirrored = mirroredVolume(t);
  const mirror = await mirrored.start();
  const running = startJob(t, ['sh', '-c', 'echo one; read go; echo two; read go; exit 3'], {
    root: mirrored.far,
    stdin: 'pipe',
  });
  const shown = () => readFileSync(join(mirrored.near, 'ctr/main/stdout'), 'utf8');
  await until('the first line is there', () => shown() === 'one\n');
  process.kill(mirrored.senders()[0] ?? -1, 'SIGKILL');
  running.process.stdin?.write('go\n');
  await until('the second line is there', () => shown() === 'one\ntwo\n');
  const still = mirrored.senders()[1] ?? -1;
  process.kill(still, 'SIGSTOP');
  running.process.stdin?.write('go\n');
  // Its standard error stays open as long as that sender stands still.
  await until('the mirror is complete', () => mirror.process.exitCode === 0);
  assertSame(mirrored);
  // When it goes on, it finds that it is not the newest, and ends.
  process.kill(still, 'SIGCONT');
  await until('the old sender is gone', () => !isRunning(still));
});

test('a sender that nobody answers ends by itself', async (t) => {
  const { far } = mirroredVolume(t);
  const sender = startEmissary(t, ['send'], { root: far, stdin: 'pipe' });
  const { status, stderr } = await sender.finished;
  assert.equal(status, 64);
  assert.match(stderr, /The receiver has not answered for 15 s/);
});

test('a newer sender ends the older one, whose streams stay open', async (t) => {
  const { far } = mirroredVolume(t);
  const first = startEmissary(t, ['send'], { root: far, stdin: 'pipe' });
  await until('it has greeted', () => first.stdout().length > 0);
  startEmissary(t, ['send'], { root: far, stdin: 'pipe' });
  const { status, stderr } = await first.finished;
  assert.deepEqual([status, stderr], [64, 'emissary: A newer sender has taken over\n']);
});

test('a receiver that is killed loses and doubles nothing, and wait takes no wrapper for dead', async (t) => {
  const mirrored = mirroredVolume(t);
  const job = { ...reportedJob(t), root: mirrored.near };
  const first = await mirrored.start();
  const reporter = await startWait(t, job);
  const running = startJob(t, ['sh', '-c', 'echo one; read go; echo two; exit 5'], {
    root: mirrored.far,
    stdin: 'pipe',
  });
  await until('the first line is stored', () => job.lines().length === 1);
  first.kill('SIGKILL');
  await first.finished;
  running.process.stdin?.write('go\n');
  await running.finished;
  // The reporter looks again every five seconds, and would have taken 250 ms to find its wrapper lost.
  const looks = () => readFileSync(join(mirrored.near, 'report/journal')).length;
  assert.ok(looks() > 0 && reporter.process.exitCode === null);
  const second = await mirrored.start();
  assert.equal((await second.finished).status, 0);
  assert.equal((await reporter.finished).status, 0);
  assert.equal(job.row().exitcode, 5);
  assert.deepEqual(linesIn(job.lines()), ['one\n', 'two\n']);
  assertSame(mirrored);
});

test('wait on a mirror reports a far wrapper that was killed as lost', async (t) => {
  const mirrored = mirroredVolume(t);
  const job = { ...reportedJob(t), root: mirrored.near };
  const mirror = await mirrored.start();
  const reporter = await startWait(t, job);
  const running = startJob(t, ['sh', '-c', 'echo ready; sleep 600'], { root: mirrored.far });
  await until('the line is stored', () => job.lines().length === 1);
  running.kill('SIGKILL');
  assert.equal((await mirror.finished).status, 0);
  assert.equal((await reporter.finished).status, 0);
  assert.equal(job.row().exitcode, 137);
  assert.ok(!existsSync(join(mirrored.near, 'ctr/main/exitcode')));
});

test('100 MB that are written just before the exit arrive through a link of 25 MB/s', async (t) => {
  const mirrored = mirroredVolume(t, { bytesPerSecond: 25e6 });
  const mirror = await mirrored.start();
  const running = startJob(t, ['sh', '-c', 'head -c 100000000 /dev/urandom'], { root: mirrored.far });
  // Its standard output is not read by this test.
  assert.equal((await running.finished).status, 0);
  assert.equal((await mirror.finished).status, 0);
  assertSame(mirrored);
});

test('wait on a mirror that is filled slowly after the end of the job takes its wrapper for no lost one', async (t) => {
  const mirrored = mirroredVolume(t, { bytesPerSecond: 1e6 });
  const made = startJob(t, ['sh', '-c', 'head -c 25000000 /dev/zero; exit 6'], { root: mirrored.far });
  assert.equal((await made.finished).status, 6);
  const job = { ...reportedJob(t), root: mirrored.near };
  const mirror = await mirrored.start();
  // 25 s: longer than a reporter waits for a sign of life.
  const reporter = await startWait(t, job);
  assert.equal((await mirror.finished).status, 0);
  assert.equal((await reporter.finished).status, 0);
  assert.equal(job.row().exitcode, 6);
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}
