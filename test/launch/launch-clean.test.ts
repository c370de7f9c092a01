import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { launcherOf } from '../helpers/launcher.ts';
import type { Launcher } from '../helpers/launcher-parts.ts';
import { makeSqlite } from '../helpers/sqlite.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

for (const name of ['native', 'docker', 'podman'] as const)
  test(`${name}: list --clean removes what ended and nobody follows, of its own installation`, async (t) => {
    const [one, other] = [await launcherOf(t, name), await launcherOf(t, name)];
    if (one === null || other === null) return;
    const followed = await startJob(t, one, '11');
    const orphan = await startJob(t, one, '12');
    const leftover = await startJob(t, one, '13');
    for (const job of [orphan, leftover]) {
      job.running.kill('SIGKILL');
      await job.running.finished;
    }
    leftover.finish();
    await until('the leftover has ended', async () => (await states(one))['job-13'] === 'sealed');
    const all = { 'job-11': 'running', 'job-12': 'running', 'job-13': 'sealed' };
    const containers = await one.containers();
    const byOther = await other.verb(['list', '--clean']);
    assert.deepEqual([byOther.status, byOther.stderr], [0, '']);
    assert.deepEqual([await states(one), await one.containers()], [all, containers]);
    const byOne = await one.verb(['list', '--clean']);
    assert.deepEqual([byOne.status, byOne.stderr], [0, 'emissary: job-13: finished (9)\n']);
    assert.doesNotMatch(byOne.stdout.toString(), /^begun/m);
    assert.deepEqual(await states(one), { 'job-11': 'running', 'job-12': 'running' });
    assert.deepEqual(
      await one.containers(),
      containers.filter((each) => !each.endsWith('job-13')),
    );
    followed.finish();
    assert.equal((await followed.running.finished).status, 9);
    orphan.finish();
    await until('the orphan has ended', async () => (await states(one))['job-12'] === 'sealed');
    await one.verb(['list', '--clean']);
    assert.deepEqual([one.left(), await one.containers()], [[], []]);
  });

test('list --clean does not call a job finished that it cannot report', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null) return;
  const database = makeSqlite(temporaryVolume(t), 14);
  const env = { MULTIFLEXI_DATABASE_URL: database.url };
  // Another has completed its row.
  database.query('update job set exitcode = 1, "end" = ? where id = 14', '2026-01-01 00:00:00');
  const job = await launcher.script('exit 9', { options: ['--job-id', '14'], env });
  assert.deepEqual([job.status, launcher.left()], [9, ['job-14']], job.stderr);
  const { stderr } = await emissary(['list', '--clean'], { env: { ...launcher.env, ...env } });
  assert.match(stderr, /^emissary: job-14: not everything could be reported; its volume stays in .*\n$/);
  assert.deepEqual(launcher.left(), ['job-14']);
});

test('list --clean reports no job that was not to be reported', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null) return;
  const database = makeSqlite(temporaryVolume(t), 15);
  const job = await startJob(t, launcher, '15');
  job.running.kill('SIGKILL');
  await job.running.finished;
  job.finish();
  await until('the job has ended', async () => (await states(launcher))['job-15'] === 'sealed');
  const env = { ...launcher.env, MULTIFLEXI_DATABASE_URL: database.url };
  const { stderr } = await emissary(['list', '--clean'], { env });
  assert.equal(stderr, 'emissary: job-15: finished (9)\n');
  const rows = database.query<{ end: string | null }>('select "end" from job where id = 15');
  assert.deepEqual([rows.map(({ end }) => end), launcher.left()], [[null], []]);
});

async function states(launcher: Launcher): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await launcher.verb(['list', '--json']);
  const { jobs } = JSON.parse(stdout.toString()) as { jobs: readonly { key: string; state: string }[] };
  return Object.fromEntries(jobs.map(({ key, state }) => [key, state]));
}

/** A job that exits with 9 when the test says so. */
async function startJob(t: TestContext, launcher: Launcher, id: string) {
  const directory = temporaryVolume(t);
  const go = join(directory, 'go');
  const mount = launcher.name === 'native' ? [] : ['--mount', `${directory}:${directory}`];
  const running = launcher.startScript(`echo begun; while [ ! -e ${go} ]; do sleep 0.05; done; exit 9`, {
    options: ['--job-id', id, '--report', 'none', ...mount],
  });
  await until('the job has begun', () => running.stdout().toString().includes('begun'));
  return { running, finish: () => writeFileSync(go, '') };
}
