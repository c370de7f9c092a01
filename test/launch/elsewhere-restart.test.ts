import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { podmanService } from '../helpers/engine-front.ts';
import { launcherOf } from '../helpers/launcher.ts';
import type { Launcher } from '../helpers/launcher-parts.ts';
import { ownDocker } from '../helpers/own-docker.ts';
import { startTcpFront, type TcpFront } from '../helpers/tcp-front.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** The numbers that make 29 MB. */
const most = 4_000_000;
const resumed = /^emissary: The connection to the volume broke: [^\n]*; it is resumed\n$/;
const complained = /^emissary: [^\n]* does not answer; the job runs on\n/m;

test('docker elsewhere is restarted in the middle of a job: its output is resumed at the offset', async (t) => {
  const docker = await ownDocker(t);
  const launcher = docker === null ? null : await launcherOf(t, 'docker', docker.engine);
  if (docker === null || launcher === null) return;
  const front = await startTcpFront(t, { socket: docker.socket });
  await assertResumed(t, { launcher, front, env: { DOCKER_HOST: front.host } }, async () => {
    await docker.stop();
    await docker.start();
  });
});

test('podman elsewhere: its service is restarted in the middle of a job: its output is resumed', async (t) => {
  const launcher = await launcherOf(t, 'podman');
  if (launcher === null || launcher.engine === null) return;
  const { engine } = launcher;
  const socket = join(temporaryVolume(t), 'podman.sock');
  const { service } = await podmanService(t, engine, socket);
  const front = await startTcpFront(t, { socket });
  await assertResumed(t, { launcher, front, env: { CONTAINER_HOST: front.host } }, async () => {
    service.kill('SIGTERM');
    await service;
    await podmanService(t, engine, socket);
  });
});

interface Elsewhere {
  readonly launcher: Launcher;
  readonly front: TcpFront;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a job whose engine is restarted between its first output, which is large, and its last. */
async function assertResumed(
  t: TestContext,
  { launcher, front, env }: Elsewhere,
  restart: () => Promise<void>,
): Promise<void> {
  const script = `seq 1 ${most}; while [ ! -e /tmp/go ]; do sleep 0.05; done; echo last; exit 26`;
  const running = launcher.startScript(script, { env });
  const expected = execFileSync('seq', ['1', String(most)], { maxBuffer: 100_000_000 });
  // A launch that has failed says why, and is not waited for.
  const ended = running.finished.then(({ status, stderr }) => assert.equal(status, 26, stderr));
  const first = until('the first output has come', () => running.stdout().length === expected.length);
  await Promise.race([first, ended]);
  const carried = front.carried();
  await restart();
  const job = (await launcher.containers()).find((name) => !name.endsWith('-reporter')) ?? '';
  const goesOn = until('the job goes on', async () => {
    const done = await launcher.engine?.run(['exec', job, 'touch', '/tmp/go']);
    // What a wait in vain names as its cause.
    if (done?.exitCode !== 0)
      throw new Error(`exec in '${job}' ended with ${done?.exitCode}: ${done?.stderr}`);
    return true;
  });
  await Promise.race([goesOn, ended]);
  const { status, stdout, stderr } = await running.finished;
  t.diagnostic(`${front.carried() - carried} bytes after the restart; ${JSON.stringify(stderr)}`);
  assert.equal(status, 26, stderr);
  assert.ok(stdout.equals(Buffer.concat([expected, Buffer.from('last\n')])), `${stdout.length} bytes`);
  assert.match(stderr.replace(complained, ''), resumed);
  assert.ok(front.carried() - carried < expected.length / 10);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
}
