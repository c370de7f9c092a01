import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { allLines, cutConnections, numberedLines } from '../helpers/cut-connections.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { startTcpFront } from '../helpers/tcp-front.ts';
import { until } from '../helpers/until.ts';

const cuts = 20;

test('an engine elsewhere, its connections cut 20 times: each byte and each row once, in order', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  const front = await startTcpFront(t);
  const job = reportedJob(t);
  const running = launcher.startScript(numberedLines, { env: { ...job.env, DOCKER_HOST: front.host } });
  await cutConnections(t, running, front, cuts);
  const { status, stdout, stderr } = await running.finished;
  assert.equal(status, 21, stderr);
  assert.equal(stdout.toString(), allLines);
  assert.equal(
    job
      .lines()
      .map(({ line }) => line)
      .join(''),
    allLines,
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

test('an engine elsewhere that has forgotten a sender it has just made: another is made', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  const body = JSON.stringify({ message: 'No such exec instance' });
  const forgotten = `HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  let times = 0;
  const answer = (said: string) => {
    if (!/^POST [^ ]*\/exec\/[^ ]*\/start/.test(said) || times > 0) return null;
    times += 1;
    return forgotten;
  };
  const front = await startTcpFront(t, { answer });
  const { status, stdout, stderr } = await launcher.script('echo out; exit 23', {
    env: { DOCKER_HOST: front.host },
  });
  assert.deepEqual([times, status, stdout.toString()], [1, 23, 'out\n'], stderr);
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
