import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { launcherOf } from '../helpers/launcher.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { seeded } from '../helpers/seeded.ts';
import { startTcpFront } from '../helpers/tcp-front.ts';
import { until } from '../helpers/until.ts';

const lines = 3_000;
const cuts = 20;
const longestPauseMs = 300;

test('an engine elsewhere, its connections cut 20 times: each byte and each row once, in order', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  const front = await startTcpFront(t);
  const random = seeded(t);
  const job = reportedJob(t);
  const script = `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i"; [ $((i % 500)) -eq 0 ] && sleep 1; done; exit 21`;
  const running = launcher.startScript(script, { env: { ...job.env, DOCKER_HOST: front.host } });
  await until('the job runs', () => running.stdout().length > 0);
  for (let cut = 0; cut < cuts && running.process.exitCode === null; cut += 1) {
    await pause(random.next() * longestPauseMs);
    front.cut();
  }
  const { status, stdout, stderr } = await running.finished;
  assert.equal(status, 21, stderr);
  const expected = Array.from({ length: lines }, (_, index) => `line ${index + 1}\n`);
  assert.equal(stdout.toString(), expected.join(''));
  assert.equal(
    job
      .lines()
      .map(({ line }) => line)
      .join(''),
    expected.join(''),
  );
  assert.deepEqual([job.row().exitcode, launcher.left(), await launcher.containers()], [21, [], []]);
});

test('an engine elsewhere, the reporter’s container killed: it is started again, and nothing is lost', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  const front = await startTcpFront(t);
  const script = 'echo before; sleep 4; echo after; exit 22';
  const running = launcher.startScript(script, { env: { DOCKER_HOST: front.host } });
  await until('the job runs', () => running.stdout().toString().includes('before'));
  const reporter = (await launcher.containers()).find((name) => name.endsWith('-reporter')) ?? '';
  await launcher.engine?.run(['kill', reporter]);
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [22, 'before\nafter\n'], stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('an engine elsewhere: 300 MB of output arrives exactly', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  const front = await startTcpFront(t);
  const running = launcher.startScript('head -c 300000000 /dev/zero', { env: { DOCKER_HOST: front.host } });
  const { status, stdout, stderr } = await running.finished;
  assert.equal(status, 0, stderr);
  assert.deepEqual([stdout.length, sha256(stdout)], [300_000_000, sha256(Buffer.alloc(300_000_000))]);
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
