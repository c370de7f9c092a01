import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { engineFront } from '../helpers/engine-front.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { engineNames, type Launcher } from '../helpers/launcher-parts.ts';

const id = ['--job-id', '21', '--report', 'none'];
const keep = { options: [...id, '--keep', 'always'] };

for (const name of engineNames) {
  test(`${name}: a kept job gives way to the next launch of its ID`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const first = await launcher.script('echo one; exit 2', keep);
    assert.deepEqual([first.status, launcher.left()], [2, ['job-21']], first.stderr);
    const next = await launcher.script('echo two; exit 3', { options: id });
    assert.deepEqual([next.status, next.stdout.toString(), next.stderr], [3, 'two\n', '']);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  test(`${name}: a job whose launcher was killed while it removed it never runs again`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    await launcher.script('echo one; exit 2', keep);
    unkeep(launcher);
    const next = await launcher.script('echo two; exit 3', { options: id });
    const note = 'emissary: The job was launched before, and has ended\n';
    assert.deepEqual([next.status, next.stdout.toString(), next.stderr], [2, 'one\n', note]);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
    // A part of it was removed.
    await launcher.script('echo one; exit 2', keep);
    unkeep(launcher);
    rmSync(join(launcher.state, 'jobs/job-21/volume'), { recursive: true });
    const last = await launcher.script('echo two; exit 3', { options: id });
    assert.deepEqual([last.status, last.stdout.toString(), last.stderr], [2, '', note]);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  test(`${name}: list --clean removes what a launcher that was killed has not removed`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    await launcher.script('echo one; exit 2', keep);
    unkeep(launcher);
    const clean = await launcher.verb(['list', '--clean']);
    assert.equal(clean.stderr, 'emissary: job-21: finished (2)\n');
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });
}

for (const name of ['docker', 'podman'] as const)
  test(`${name}: a container that the engine does not remove at the end is removed later`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const front = await engineFront(t, launcher.engine, (asked) =>
      asked.method === 'DELETE' ? asked.answer(500, { message: 'busy' }) : asked.pass(),
    );
    const { status, stderr } = await launcher.script('exit 2', { options: id, env: front.env });
    assert.equal(status, 2);
    assert.match(stderr, /^emissary: [^\n]*remove the container[^\n]*busy[^\n]*\n$/);
    assert.equal((await launcher.containers()).length, 1);
    const clean = await launcher.verb(['list', '--clean']);
    assert.equal(clean.stderr, 'emissary: job-21: finished (2)\n');
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

/** As a launcher leaves its job that is killed while it removes it. */
function unkeep({ state }: Launcher): void {
  const file = join(state, 'jobs/job-21/launch.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"kept":true', '"kept":false'));
}
