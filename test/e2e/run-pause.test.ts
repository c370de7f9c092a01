import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fixture } from '../helpers/fixture.ts';
import { runJob, startJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';

for (const prefix of ['EMISSARY', 'ARGO']) {
  test(`run holds the job until it is released: ${prefix}_DEBUG_PAUSE_BEFORE`, async (t) => {
    const job = startJob(t, ['echo', 'started'], { env: { [`${prefix}_DEBUG_PAUSE_BEFORE`]: 'true' } });
    const said = `emissary: paused: create the file ${job.kept.path('before')} to continue\n`;
    await until('it says what it waits for', () => job.stderr() === said);
    assert.deepEqual([job.kept.has('started'), job.kept.has('exitcode')], [false, false]);
    writeFileSync(job.kept.path('before'), '');
    const { status, stdout } = await job.finished;
    assert.deepEqual([status, stdout.toString()], [0, 'started\n']);
  });

  test(`run holds the seal until it is released: ${prefix}_DEBUG_PAUSE_AFTER`, async (t) => {
    const job = startJob(t, [fixture('exits.sh'), '7'], { env: { [`${prefix}_DEBUG_PAUSE_AFTER`]: 'true' } });
    await until('it says what it waits for', () => job.stderr().includes(job.kept.path('after')));
    assert.deepEqual([job.kept.has('started'), job.kept.has('exitcode')], [true, false]);
    writeFileSync(job.kept.path('after'), '');
    assert.deepEqual([(await job.finished).status, job.kept.result().verdict], [7, 'failed']);
  });
}

test('run exits 143 on TERM during the pause before the job', async (t) => {
  const job = startJob(t, ['echo', 'started'], { env: { EMISSARY_DEBUG_PAUSE_BEFORE: 'true' } });
  await until('it is held', () => job.stderr().includes('paused'));
  job.kill('SIGTERM');
  const { status, stdout } = await job.finished;
  assert.deepEqual([status, stdout.toString(), job.kept.result().verdict], [143, '', 'terminated']);
});

test('run obeys a signal request during the pause before the job', async (t) => {
  const job = startJob(t, ['echo', 'started'], { env: { EMISSARY_DEBUG_PAUSE_BEFORE: 'true' } });
  await until('it is held', () => job.stderr().includes('paused'));
  writeFileSync(job.kept.path('signal'), '9');
  assert.equal((await job.finished).status, 137);
});

test("run ends the pause after the job on TERM, and keeps the job's own verdict", async (t) => {
  const job = startJob(t, [fixture('exits.sh'), '7'], { env: { EMISSARY_DEBUG_PAUSE_AFTER: 'true' } });
  await until('it is held', () => job.stderr().includes('paused'));
  job.kill('SIGTERM');
  assert.deepEqual([(await job.finished).status, job.kept.result().verdict], [7, 'failed']);
});

test('run does not pause if the variable is not true', async (t) => {
  const env = { EMISSARY_DEBUG_PAUSE_BEFORE: 'false', EMISSARY_DEBUG_PAUSE_AFTER: '1' };
  const { status, stderr } = await runJob(t, ['true'], { env });
  assert.deepEqual([status, stderr], [0, '']);
});
