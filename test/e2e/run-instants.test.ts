import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { forEachOf } from '../helpers/batches.ts';
import { launched } from '../helpers/bootstrapped.ts';
import { fixture } from '../helpers/fixture.ts';
import { installedVolume } from '../helpers/installed.ts';
import { startJob } from '../helpers/job.ts';
import { seeded } from '../helpers/seeded.ts';

const rounds = 60;
const latestMs = 200;
const realtime = 40;

test('run loses no TERM at any moment, and kills nothing early', async (t) => {
  const chance = seeded(t);
  const { program } = await installedVolume(t);
  const instants = Array.from({ length: rounds }, () => chance.next() * latestMs);
  await forEachOf(instants, async (instant) => {
    const job = startJob(t, [fixture('exits-3-on-term.sh')], { program });
    await launched(job.pid);
    await pause(instant);
    job.kill('SIGTERM');
    const { status, signal, stdout } = await job.finished;
    assert.equal(signal, null, `${instant} ms after the start`);
    const said = stdout.toString();
    const { verdict, exitCode } = job.kept.result();
    const what = `${instant} ms after the start: ${said}`;
    assert.deepEqual(
      [verdict, exitCode, job.kept.text('exitcode')],
      ['terminated', status, `${status}`],
      what,
    );
    // Before the job sets its trap, TERM kills it or prevents its start; later it stops gracefully.
    if (said === '') assert.equal(status, 143, what);
    else assert.deepEqual([status, said.endsWith('stopping\n')], [3, true], what);
  });
});

test('run loses no forwarded signal at any moment', async (t) => {
  const chance = seeded(t);
  const { program } = await installedVolume(t);
  const instants = Array.from({ length: rounds / 2 }, () => chance.next() * latestMs);
  await forEachOf(instants, async (instant) => {
    const job = startJob(t, [fixture('waits.sh')], { program });
    await launched(job.pid);
    await pause(instant);
    job.kill('SIGINT');
    const { status } = await job.finished;
    assert.deepEqual(
      [status, job.kept.result().verdict],
      [130, 'terminated'],
      `${instant} ms after the start`,
    );
  });
});

test('run loses no real-time signal at any moment', async (t) => {
  const chance = seeded(t);
  const { program } = await installedVolume(t);
  const instants = Array.from({ length: rounds / 2 }, () => chance.next() * (latestMs / 2));
  await forEachOf(instants, async (instant) => {
    const job = startJob(t, [fixture('waits.sh')], { program });
    await launched(job.pid);
    await pause(instant);
    process.kill(job.pid, realtime);
    const { status } = await job.finished;
    const { verdict, signal } = job.kept.result();
    assert.deepEqual([status, verdict], [128 + realtime, 'terminated'], `${instant} ms after the start`);
    assert.ok(signal === 'SIGRTMIN+6' || signal === null, String(signal));
  });
});
