import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type AzureLauncher, azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { emissary } from '../helpers/emissary.ts';
import { launcherOf } from '../helpers/launcher.ts';
import type { Gate, Launcher } from '../helpers/launcher-parts.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

for (const name of ['docker', 'podman', 'azure'] as const)
  test(`${name}: list --clean removes a container without a record once it has ended, and only its own`, async (t) => {
    const launcher = name === 'azure' ? await azureLauncher(t) : await launcherOf(t, name);
    if (launcher === null) return;
    const gate = launcher.gate();
    const container = await lostJob(launcher, gate);
    const running = await launcher.verb(['list', '--clean']);
    assert.equal(running.status, 0);
    assert.equal(
      running.stderr,
      `emissary: ${container}: runs, and no record of it is here; it is removed once it has ended\n`,
    );
    assert.deepEqual(await launcher.containers(), [container]);
    await gate.open();
    await until('it has ended', () => hasEnded(launcher, container));
    const state = join(temporaryVolume(t), 'state');
    const other = { env: { ...launcher.env, EMISSARY_STATE_DIR: state } };
    const args = ['launch', ...launcher.options, '--', 'echo'];
    assert.equal((await emissary(args, other)).status, 0);
    const byOther = await emissary(['list', '--clean'], other);
    assert.deepEqual([byOther.status, byOther.stderr], [0, '']);
    assert.deepEqual(await launcher.containers(), [container]);
    const byOwn = await launcher.verb(['list', '--clean']);
    assert.equal(byOwn.stderr, `emissary: ${container}: removed; no record of it was here\n`);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

/** A job that runs, without its launcher and its record. @returns its container */
async function lostJob(launcher: Launcher, { options, isOpen }: Gate): Promise<string> {
  const script = `echo ready; until ${isOpen}; do sleep 0.05; done`;
  const hold = launcher.name === 'azure' ? ['--hold', '1'] : [];
  const more = ['--job-id', '94', '--report', 'none', ...hold];
  const running = launcher.startScript(script, { options: [...options, ...more] });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  running.kill('SIGKILL');
  await running.finished;
  rmSync(join(launcher.state, 'jobs/job-94'), { recursive: true });
  const [container = ''] = await launcher.containers();
  return container;
}

async function hasEnded(launcher: Launcher, container: string): Promise<boolean> {
  if ('azure' in launcher) {
    const views = [...(launcher as AzureLauncher).azure.only.views.values()];
    return views.every(({ currentState }) => currentState.state === 'Terminated');
  }
  const found = await launcher.engine?.run(['inspect', '--format', '{{.State.Status}}', container]);
  return found?.stdout.trim() === 'exited';
}
