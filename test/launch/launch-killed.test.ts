import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Asked, engineFront } from '../helpers/engine-front.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** Where a launcher is killed: the request, and how much of it the engine gets. */
const places = [
  ['before the container is created', '/containers/create', 'nothing'],
  ['while the engine creates it', '/containers/create', 'everything'],
  ['between create and start', '/start', 'nothing'],
  ['right after the start', '/start', 'everything'],
] as const;

for (const name of ['docker', 'podman'] as const) {
  for (const [what, request, gets] of places)
    test(`${name}: a launcher killed ${what}, and launched again: the job runs once`, async (t) => {
      const launcher = await launcherOf(t, name);
      if (launcher === null) return;
      const { options, runs, script } = counted(t);
      const reached = Promise.withResolvers<void>();
      const front = await engineFront(t, launcher.engine, async (asked) => {
        if (!isAbout(asked, request)) return asked.pass();
        if (gets === 'everything') await asked.passSilently();
        reached.resolve();
      });
      const first = launcher.startScript(script, { env: front.env, options });
      await reached.promise;
      first.kill('SIGKILL');
      await first.finished;
      const { status, stdout, stderr } = await launcher.script(script, { options });
      assert.deepEqual([status, stdout.toString(), runs()], [9, 'ran\n', 1], stderr);
      assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
    });

  test(`${name}: a container that appears only after the launcher was killed is replaced`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const { options, runs, script } = counted(t);
    const creates: Asked[] = [];
    const front = await engineFront(t, launcher.engine, async (asked) => {
      if (!isAbout(asked, '/containers/create')) return asked.pass();
      creates.push(asked);
      if (creates.length === 1) return undefined;
      // The engine does the first request just before the second.
      if (creates.length === 2) await creates[0]?.passSilently();
      return asked.pass();
    });
    const first = launcher.startScript(script, { env: front.env, options });
    await until('a container is requested', () => creates.length === 1);
    first.kill('SIGKILL');
    await first.finished;
    const { status, stdout, stderr } = await launcher.script(script, { env: front.env, options });
    assert.deepEqual([status, stdout.toString(), runs()], [9, 'ran\n', 1], stderr);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  test(`${name}: a name that is taken for a moment by nothing is no error`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    let refusals = 2;
    const front = await engineFront(t, launcher.engine, (asked) => {
      if (!isAbout(asked, '/containers/create') || refusals === 0) return asked.pass();
      refusals -= 1;
      asked.answer(409, { message: 'Conflict. The container name is already in use' });
      return Promise.resolve();
    });
    const { status, stdout, stderr } = await launcher.script('echo ran; exit 9', { env: front.env });
    assert.deepEqual([status, stdout.toString(), stderr], [9, 'ran\n', '']);
  });

  test(`${name}: TERM while the engine creates the container: it never runs, and goes`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const { options, runs, script } = counted(t);
    const creates: Asked[] = [];
    const front = await engineFront(t, launcher.engine, (asked) => {
      if (!isAbout(asked, '/containers/create')) return asked.pass();
      creates.push(asked);
      return Promise.resolve();
    });
    const running = launcher.startScript(script, { env: front.env, options });
    await until('a container is requested', () => creates.length === 1);
    running.kill('SIGTERM');
    await creates[0]?.pass();
    const { status, stdout, stderr } = await running.finished;
    assert.deepEqual([status, stdout.toString(), stderr, runs()], [143, '', '', 0]);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  test(`${name}: the third Ctrl-C leaves an engine that never answers; the next launch starts anew`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const { options, runs, script } = counted(t);
    const creates: Asked[] = [];
    const front = await engineFront(t, launcher.engine, (asked) => {
      if (!isAbout(asked, '/containers/create')) return asked.pass();
      creates.push(asked);
      return Promise.resolve();
    });
    const first = launcher.startScript(script, { env: front.env, options });
    await until('a container is requested', () => creates.length === 1);
    // Some of them are taken for one.
    const pressing = setInterval(() => first.kill('SIGINT'), 500);
    const left = await first.finished;
    clearInterval(pressing);
    assert.notEqual(left.status, 0);
    const { status, stdout, stderr } = await launcher.script(script, { options });
    assert.deepEqual([status, stdout.toString(), runs()], [9, 'ran\n', 1], stderr);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  test(`${name}: TERM while the engine starts the container stops the job`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const starts: Asked[] = [];
    const front = await engineFront(t, launcher.engine, async (asked) => {
      if (!isAbout(asked, '/start')) return asked.pass();
      starts.push(asked);
      return undefined;
    });
    const running = launcher.startScript('sleep 1000', { env: front.env });
    await until('the start is requested', () => starts.length === 1);
    running.kill('SIGTERM');
    await starts[0]?.pass();
    assert.equal((await running.finished).status, 143);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });
}

function isAbout({ method, path }: Asked, request: string): boolean {
  return method === 'POST' && path.replace(/\?.*/, '').endsWith(request);
}

/** A job that counts its runs in a file of this host. */
function counted(t: TestContext) {
  const directory = temporaryVolume(t);
  const file = join(directory, 'runs');
  return {
    script: `echo x >> ${file}; echo ran; exit 9`,
    options: ['--job-id', '31', '--report', 'none', '--mount', `${directory}:${directory}`],
    runs: () => {
      try {
        return readFileSync(file, 'utf8').length / 2;
      } catch {
        return 0;
      }
    },
  };
}
