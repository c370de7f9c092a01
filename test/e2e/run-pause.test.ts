import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fixture } from '../helpers/fixture.ts';
import { runJob, startJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';

for (const prefix of ['EMISSARY', 'ARGO']) {
  test(`run holds the job until a person lets it start: ${prefix}_DEBUG_PAUSE_BEFORE`, async (t) => {
    const job = startJob(t, ['echo', 'started'], { env: { [`${prefix}_DEBUG_PAUSE_BEFORE`]: 'true' } });
    const said = `emissary: paused: make the file ${job.kept.path('before')} to go on\n`;
    await until('it says what it waits for', () => job.stderr() === said);
    assert.deepEqual([job.kept.has('started'), job.kept.has('exitcode')], [false, false]);
    writeFileSync(job.kept.path('before'), '');
    const { status, stdout } = await job.finished;
    assert.deepEqual([status, stdout.toString()], [0, 'started\n']);
  });

  test(`run holds the seal until a person lets it: ${prefix}_DEBUG_PAUSE_AFTER`, async (t) => {
    const job = startJob(t, [fixture('exits.sh'), '7'], { env: { [`${prefix}_DEBUG_PAUSE_AFTER`]: 'true' } });
    await until('it says what it waits for', () => job.stderr().includes(job.kept.path('after')));
    assert.deepEqual([job.kept.has('started'), job.kept.has('exitcode')], [true, false]);
    writeFileSync(job.kept.path('after'), '');
    assert.deepEqual([(await job.finished).status, job.kept.result().verdict], [7, 'failed']);
  });
}

test('run ends with 143 by TERM while it is held before the job', async (t) => {
  const job = startJob(t, ['echo', 'started'], { env: { EMISSARY_DEBUG_PAUSE_BEFORE: 'true' } });
  await until('it is held', () => job.stderr().includes('paused'));
  job.kill('SIGTERM');
  const { status, stdout } = await job.finished;
  assert.deepEqual([status, stdout.toString(), job.kept.result().verdict], [143, '', 'terminated']);
});

test('run takes a signal request while it is held before the job', async (t) => {
  const job = startJob(t, ['echo', 'started'], { env: { EMISSARY_DEBUG_PAUSE_BEFORE: 'true' } });
  await until('it is held', () => job.stderr().includes('paused'));
  writeFileSync(job.kept.path('signal'), '9');
  assert.equal((await job.finished).status, 137);
});

test('run ends its pause after the job by TERM, with the job’s own verdict', async (t) => {
  const job = startJob(t, [fixture('exits.sh'), '7'], { env: { EMISSARY_DEBUG_PAUSE_AFTER: 'true' } });
  await until('it is held', () => job.stderr().includes('paused'));
  job.kill('SIGTERM');
  assert.deepEqual([(await job.finished).status, job.kept.result().verdict], [7, 'failed']);
});

test('run does not pause where the variable says something else than true', async (t) => {
  const env = { EMISSARY_DEBUG_PAUSE_BEFORE: 'false', EMISSARY_DEBUG_PAUSE_AFTER: '1' };
  const { status, stderr } = await runJob(t, ['true'], { env });
  assert.deepEqual([status, stderr], [0, '']);
});
