import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { engineFront } from '../helpers/engine-front.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { jobImage, type Launcher } from '../helpers/launcher-parts.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const image = 'registry.example:5000/team/paged:1';

/** The names of the phases that are on the page of job 42, which was kept. */
async function phasesOf(
  t: TestContext,
  launcher: Launcher,
  env: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const file = join(temporaryVolume(t), 'run.html');
  const { status, stderr } = await launcher.verb(['page', '42', '--output', file], env);
  assert.deepEqual([status, stderr], [0, '']);
  const [, model = ''] = /id="model">(.*)<\/script>/.exec(readFileSync(file, 'utf8')) ?? [];
  const { phases } = JSON.parse(model) as {
    phases: readonly { name: string; from: number; until: number }[];
  };
  for (const { name, from, until } of phases) assert.ok(from <= until, name);
  return phases.map(({ name }) => name);
}

test('the page of a launched job has the time of its queue, its pull, and its preparations', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  const front = await engineFront(t, launcher.engine, async (asked) => {
    if (asked.method !== 'POST' || !asked.path.startsWith('/images/create?')) return asked.pass();
    await launcher.engine?.run(['tag', jobImage, image]);
    asked.answer(200, `${JSON.stringify({ status: 'Pulling from team/paged', id: '1' })}\n`);
  });
  t.after(() => launcher.engine?.run(['rmi', image]));
  const options = ['--image', image, '--pull', 'always', '--job-id', '42', '--keep', 'always'];
  const { status, stderr } = await launcher.script('echo pulled', { options, env: front.env });
  assert.equal(status, 0, stderr);
  assert.deepEqual(await phasesOf(t, launcher, front.env), [
    'queued',
    'pulling',
    'preparing',
    'starting',
    'running',
    'saving',
    'reporting',
  ]);
});

test('the page of a launched pod has the time that it waited for the cluster', async (t) => {
  const launcher = await launcherOf(t, 'kubernetes');
  if (launcher === null) return;
  const options = ['--job-id', '42', '--keep', 'always'];
  const { status, stderr } = await launcher.script('echo ran', { options });
  assert.equal(status, 0, stderr);
  const phases = await phasesOf(t, launcher, {});
  assert.deepEqual(
    [phases[0], ...phases.slice(-4)],
    ['queued', 'starting', 'running', 'saving', 'reporting'],
  );
  assert.ok(phases.includes('preparing'), phases.join());
});
