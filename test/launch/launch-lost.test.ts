import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AzureLauncher, azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { type ClusterLauncher, clusterLauncher } from '../helpers/cluster-launcher.ts';
import { emissary } from '../helpers/emissary.ts';
import { launcherOf } from '../helpers/launcher.ts';
import type { Gate, Launcher } from '../helpers/launcher-parts.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

for (const engine of ['docker', 'podman', 'kubernetes', 'azure'] as const)
  test(`${engine}: list --clean removes a container without a record once it has ended, and only its own`, async (t) => {
    const launcher = await launcherFor(t, engine);
    if (launcher === null) return;
    const gate = launcher.gate();
    const container = await lostJob(launcher, gate);
    const running = await launcher.verb(['list', '--clean']);
    assert.equal(running.status, 0);
    assert.equal(
      running.stderr,
      `emissary: ${nameOf(container)}: runs, and no record of it is here; it is removed once it has ended\n`,
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
    assert.equal(byOwn.stderr, `emissary: ${nameOf(container)}: removed; no record of it was here\n`);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

function launcherFor(t: TestContext, engine: 'docker' | 'podman' | 'kubernetes' | 'azure') {
  if (engine === 'azure') return azureLauncher(t);
  return engine === 'kubernetes' ? clusterLauncher(t) : launcherOf(t, engine);
}

/** A cluster names the kind, too. */
function nameOf(container: string): string {
  return container.replace(/^pod\//, '');
}

/** A job that runs, without its launcher and its record. @returns its container */
async function lostJob(launcher: Launcher, { options, isOpen }: Gate): Promise<string> {
  const script = `echo ready; until ${isOpen}; do sleep 0.05; done`;
  const hold = ['azure', 'kubernetes'].includes(launcher.name) ? ['--hold', '1'] : [];
  const more = ['--job-id', '94', '--report', 'none', ...hold];
  const running = launcher.startScript(script, { options: [...options, ...more] });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  running.kill('SIGKILL');
  await running.finished;
  // Its reporter may be writing there.
  rmSync(join(launcher.state, 'jobs/job-94'), { recursive: true, maxRetries: 10 });
  const [container = ''] = await launcher.containers();
  return container;
}

async function hasEnded(launcher: Launcher, container: string): Promise<boolean> {
  if ('azure' in launcher) {
    const views = [...(launcher as AzureLauncher).azure.only.views.values()];
    return views.every(({ currentState }) => currentState.state === 'Terminated');
  }
  if ('cluster' in launcher) {
    const { cluster, namespace } = launcher as ClusterLauncher;
    const args = ['--namespace', namespace, 'get', container, '--output=jsonpath={.status.phase}'];
    return (await cluster.kubectl(args)).stdout !== 'Running';
  }
  const found = await launcher.engine?.run(['inspect', '--format', '{{.State.Status}}', container]);
  return found?.stdout.trim() === 'exited';
}
