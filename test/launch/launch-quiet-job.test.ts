import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Asked, type EngineFront, engineFront, podmanService } from '../helpers/engine-front.ts';
import { launcherOf } from '../helpers/launcher.ts';
import type { Launcher } from '../helpers/launcher-parts.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const complaint = /^(emissary: [^\n]* does not answer; the job runs on\n)?$/;

for (const name of ['docker', 'podman'] as const) {
  test(`${name}: no output comes by the engine’s log, and nothing is left to its auto-remove`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const created: string[] = [];
    const front = await engineFront(t, launcher.engine, (asked) => {
      if (asked.path.startsWith('/containers/create')) created.push(asked.body);
      return asked.pass();
    });
    const { status, stdout, stderr } = await launcher.script('echo line; exit 37', { env: front.env });
    assert.deepEqual([status, stdout.toString(), stderr], [37, 'line\n', '']);
    assert.deepEqual(
      front.asked.filter((each) => /\/(logs|attach|events)/.test(each)),
      [],
    );
    assert.notEqual(JSON.parse(created[0] ?? '').HostConfig.AutoRemove, true);
  });

  test(`${name}: an engine that closes its connections again and again costs a quiet job nothing`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const front = await engineFront(t, launcher.engine);
    const job = startQuietJob(t, launcher, front);
    await job.begun();
    for (const round of [2, 3, 4]) {
      await until('the end is asked for', () => waits(front) >= round - 1);
      front.cut();
      await until('it is asked for again', () => waits(front) >= round);
    }
    job.finish();
    const { status, stdout, stderr } = await job.running.finished;
    assert.deepEqual([status, stdout.toString()], [37, 'first\nlast\n']);
    assert.match(stderr, complaint);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  test(`${name}: an engine that answers nothing for a while: no verdict, no second container`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const held: Asked[] = [];
    let silent = false;
    const front = await engineFront(t, launcher.engine, (asked) => {
      if (!silent) return asked.pass();
      held.push(asked);
      return undefined;
    });
    const job = startQuietJob(t, launcher, front);
    await job.begun();
    silent = true;
    front.cut();
    await until('the engine is asked', () => held.length > 0);
    // The job ends meanwhile: its output and its code need no engine.
    job.finish();
    await until('its output has come', () => job.running.stdout().toString().includes('last'));
    assert.equal(job.running.process.exitCode, null);
    silent = false;
    for (const asked of held) void asked.pass();
    const { status, stdout, stderr } = await job.running.finished;
    assert.deepEqual([status, stdout.toString()], [37, 'first\nlast\n']);
    assert.match(stderr, complaint);
    assert.equal(front.asked.filter((each) => each.startsWith('POST /containers/create')).length, 1);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  test(`${name}: whatever the engine says of the container’s end, the code is the job’s`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    for (const [status, body] of [
      [200, { StatusCode: 0 }],
      [200, { StatusCode: -1, Error: { Message: 'no such process' } }],
      [404, { message: 'no such container' }],
      [500, { message: 'container state improper' }],
    ] as const) {
      const front = await engineFront(t, launcher.engine, async (asked) => {
        if (!asked.path.includes('/wait')) return asked.pass();
        await until('the job has begun', () => job.running.stdout().includes('first'));
        return asked.answer(status, body);
      });
      const job = startQuietJob(t, launcher, front);
      await job.begun();
      job.finish();
      const ended = await job.running.finished;
      assert.deepEqual([ended.status, ended.stdout.toString()], [37, 'first\nlast\n'], ended.stderr);
      assert.match(ended.stderr, complaint);
    }
  });

  test(`${name}: a container that somebody removes is told, and its job is lost`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const front = await engineFront(t, launcher.engine);
    const job = startQuietJob(t, launcher, front);
    await job.begun();
    for (const container of await launcher.containers()) await launcher.engine?.run(['rm', '-f', container]);
    const { status, stdout, stderr } = await job.running.finished;
    assert.equal(stdout.toString(), 'first\n');
    // Podman sends TERM before: then it is a job that was stopped.
    if (status !== 143)
      assert.match(stderr, /^emissary: The engine says about the container: somebody has removed it$/m);
    assert.ok(status === 143 || status === 137, `${status}`);
    assert.deepEqual(launcher.left(), []);
  });
}

test('podman: its service dies in the middle of a quiet job: the job ends well, and nothing is left', async (t) => {
  const launcher = await launcherOf(t, 'podman');
  if (launcher === null || launcher.engine === null) return;
  // Where the launcher would start its own.
  mkdirSync(launcher.state, { mode: 0o700 });
  const { service } = await podmanService(t, launcher.engine, join(launcher.state, 'podman.sock'));
  const job = startQuietJob(t, launcher, { env: {} });
  await job.begun();
  service.kill('SIGKILL');
  await service;
  job.finish();
  const { status, stdout, stderr } = await job.running.finished;
  assert.deepEqual([status, stdout.toString()], [37, 'first\nlast\n']);
  assert.match(stderr, complaint);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

function waits({ asked }: EngineFront): number {
  return asked.filter((each) => each.includes('/wait')).length;
}

/** A job that prints a line, is quiet until the test says so, prints another, and exits with 37. */
function startQuietJob(t: TestContext, launcher: Launcher, { env }: Pick<EngineFront, 'env'>) {
  const directory = temporaryVolume(t);
  const go = join(directory, 'go');
  const script = `echo first; while [ ! -e ${go} ]; do sleep 0.05; done; echo last; exit 37`;
  const running = launcher.startScript(script, { env, options: ['--mount', `${directory}:${directory}`] });
  return {
    running,
    begun: () => until('the job has begun', () => running.stdout().toString().includes('first')),
    finish: () => {
      assert.ok(!existsSync(go));
      writeFileSync(go, '');
    },
  };
}
