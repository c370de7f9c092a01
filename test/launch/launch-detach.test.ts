import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { launcherOf } from '../helpers/launcher.ts';
import { until } from '../helpers/until.ts';

test('--detach refuses a job that is being launched already', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null) return;
  const detached = { options: ['--detach', '--job-id', '5', '--report', 'none'] };
  assert.equal((await launcher.script('sleep 600', detached)).status, 0);
  const second = await launcher.script('exit 0', detached);
  assert.deepEqual([second.status, second.stdout.toString()], [64, '']);
  assert.match(
    second.stderr,
    /^emissary: job-5 is being launched already by process \d+; to follow it: .*\n$/,
  );
  assert.equal((await launcher.verb(['cancel', '5'])).status, 0);
  await until('nothing is left', () => launcher.left().length === 0);
});

test('--detach leaves its messages with the records of ended jobs, and none where it failed', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null) return;
  const detached = { options: ['--detach', '--job-id', '5', '--report', 'none'] };
  await launcher.script('exit 3', detached);
  await until('nothing is left', () => launcher.left().length === 0);
  const refused = await launcher.script('exit 3', { options: ['--detach', '--root', '/dev/null/volume'] });
  assert.equal(refused.status, 64, refused.stderr);
  assert.deepEqual(readdirSync(launcher.state).sort(), ['ended', 'installation', 'jobs']);
  assert.deepEqual(
    readdirSync(join(launcher.state, 'ended'))
      .map((name) => name.replace(/\d+\.log$/, 'PID.log'))
      .sort(),
    ['job-5-PID.log', 'job-5.json'],
  );
});

test('--detach fails where an earlier job of the same ID has succeeded', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null) return;
  const id = ['--job-id', '6', '--report', 'none'];
  assert.equal((await launcher.script('exit 0', { options: id })).status, 0);
  const options = ['--detach', ...id, '--root', '/dev/null/volume'];
  const { status, stdout, stderr } = await launcher.script('exit 0', { options });
  assert.deepEqual([status, stdout.toString()], [64, ''], stderr);
  assert.match(stderr, /^emissary: [^\n]*\/dev\/null\/volume[^\n]*\n$/);
});
