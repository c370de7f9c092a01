import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Ended } from '../../src/contract/records.ts';
import { fixture } from '../helpers/fixture.ts';
import { runJob, startJob } from '../helpers/job.ts';
import { pod } from '../helpers/saved.ts';
import { canMount, runOnSmallVolume } from '../helpers/small-volume.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const paused = { EMISSARY_DEBUG_PAUSE_AFTER: 'true' };

test("run records the job's end before the seal", async (t) => {
  const job = startJob(t, [fixture('exits.sh'), '7'], { env: paused });
  const ended = await until('it is told', () => JSON.parse(job.kept.text('ended')) as Ended);
  assert.equal(job.kept.has('exitcode'), false);
  writeFileSync(job.kept.path('after'), '');
  await job.finished;
  const { attempts, exitCode, verdict } = job.kept.result();
  assert.deepEqual(ended, {
    attempt: 1,
    exitCode: 7,
    signal: null,
    finishedAt: attempts[0]?.finishedAt,
    verdict: 'failed',
    origin: 'job',
  });
  assert.deepEqual([exitCode, verdict], [7, 'failed']);
});

test("run records the job's end while a leftover still holds its output open", async (t) => {
  const job = startJob(t, [
    'sh',
    '-c',
    'setsid sh -c "trap : TERM; while :; do echo x; sleep 0.05; done" & exit 4',
  ]);
  await until('it is told', () => job.kept.has('ended'));
  assert.equal(job.kept.has('exitcode'), false);
  assert.equal((await job.finished).status, 4);
});

test('run records the end of each attempt', async (t) => {
  const root = temporaryVolume(t);
  const script = 'kill -9 $$';
  const { status, kept } = await runJob(t, ['sh', '-c', script], {
    root,
    cwd: root,
    template: { containerSet: { containers: [{ name: 'main' }], retryStrategy: { retries: 2 } } },
  });
  assert.equal(status, 137);
  const { attempt, exitCode, signal, verdict } = JSON.parse(kept.text('ended')) as Ended;
  assert.deepEqual([attempt, exitCode, signal, verdict], [2, 137, 'SIGKILL', 'failed']);
});

test('run removes the end record of an earlier run', async (t) => {
  const root = temporaryVolume(t);
  const first = await runJob(t, ['true'], { root });
  writeFileSync(first.kept.path('saving'), '{}');
  const second = startJob(t, ['sh', '-c', 'echo ready; sleep 600'], { root });
  await until('it runs', () => second.stdout().includes('ready'));
  assert.deepEqual([second.kept.has('ended'), second.kept.has('saving')], [false, false]);
});

test('run writes no end record for a job that was not started', async (t) => {
  const { status, kept } = await runJob(t, ['no-such-command']);
  assert.deepEqual([status, kept.has('ended'), kept.text('exitcode')], [127, false, '127']);
});

for (const size of ['1m', '256k', '32k']) {
  test(`run records the end of a job that fills its volume of ${size}`, async (t) => {
    if (!(await canMount(t))) return;
    const job = ['sh', '-c', 'head -c 2000000 /dev/zero; exit 5'];
    const { status, kept } = await runOnSmallVolume(t, `size=${size}`, job);
    assert.equal(status, 5);
    assert.equal((JSON.parse(kept.text('ended')) as Ended).exitCode, 5);
    assert.equal(kept.text('exitcode'), '5');
  });
}

test("run leaves the job's end record if it is killed while saving", async (t) => {
  const its = pod(t);
  its.template({ outputs: { artifacts: [{ name: 'file', path: join(its.work, 'file') }] } });
  const job = startJob(t, ['sh', '-c', 'truncate -s 1T file; exit 9'], { root: its.root, cwd: its.work });
  await until('it is saving', () => existsSync(join(its.root, 'outputs/.saving')));
  job.kill('SIGKILL');
  await job.finished;
  assert.equal(job.kept.has('exitcode'), false);
  assert.equal((JSON.parse(readFileSync(job.kept.path('ended'), 'utf8')) as Ended).exitCode, 9);
});
