import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { clusterLauncher } from '../helpers/cluster-launcher.ts';
import { until } from '../helpers/until.ts';

test('kubernetes: a later attempt has a pod of its own, whatever earlier ones have left', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const options = ['--job-id', '5', '--report', 'none', '--keep', 'failed'];
  const first = await launcher.script('echo first; exit 3', { options });
  assert.deepEqual([first.status, first.stdout.toString()], [3, 'first\n']);
  const [kept = ''] = await launcher.containers();
  // Nobody knows the pod any more, and so nobody removes it as a kept one.
  rmSync(join(launcher.state, 'jobs/job-5'), { recursive: true });
  const { isOpen, open } = launcher.gate();
  const second = launcher.startScript(`echo second; until ${isOpen}; do sleep 0.05; done; exit 4`, {
    options,
  });
  await until('it runs', () => second.stdout().toString().includes('second'));
  second.kill('SIGKILL');
  await second.finished;
  // The ended one goes, if slowly.
  await until('one pod is left', async () => (await launcher.containers()).length === 1);
  const [running = ''] = await launcher.containers();
  assert.notEqual(running, kept);
  const third = launcher.startScript('echo third', { options });
  await until('it follows the second', () => third.stdout().toString().includes('second'));
  await open();
  assert.deepEqual([(await third.finished).status, third.stdout().toString()], [4, 'second\n']);
  const fourth = await launcher.script('echo fourth', { options });
  assert.deepEqual([fourth.status, fourth.stdout.toString()], [0, 'fourth\n'], fourth.stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});
