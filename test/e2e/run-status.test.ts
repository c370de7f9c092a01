import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signalName } from '../../src/base/signal-names.ts';
import { forEachOf } from '../helpers/batches.ts';
import { fixture } from '../helpers/fixture.ts';
import { keptBy, runJob } from '../helpers/job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG, WINCH: their default action does not terminate a process (signal(7)). */
const harmless = new Set([17, 18, 19, 20, 21, 22, 23, 28]);
const fatal = Array.from({ length: 64 }, (_, index) => index + 1).filter((signal) => !harmless.has(signal));

test("run exits with the job's status and seals it: every status from 0 to 255", async (t) => {
  const root = temporaryVolume(t);
  await forEachOf(
    Array.from({ length: 256 }, (_, code) => code),
    async (code) => {
      const name = `exits-${code}`;
      const { status } = await runJob(t, [fixture('exits.sh'), String(code)], { root, name });
      const kept = keptBy(root, name);
      assert.deepEqual([status, kept.text('exitcode')], [code, String(code)]);
      const { verdict, exitCode, signal, origin, message } = kept.result();
      const expected = code === 0 ? ['succeeded', null] : ['failed', `The job exited with code ${code}`];
      assert.deepEqual([exitCode, signal, origin, verdict, message], [code, null, 'job', ...expected]);
    },
  );
});

test('run exits 128+n if signal n killed the job: every fatal signal', async (t) => {
  const root = temporaryVolume(t);
  await forEachOf(fatal, async (number) => {
    const name = `dies-${number}`;
    const { status } = await runJob(t, [fixture('dies.sh'), String(number)], { root, name });
    const kept = keptBy(root, name);
    assert.deepEqual([status, kept.text('exitcode')], [128 + number, String(128 + number)]);
    const { verdict, exitCode, signal, origin, attempts } = kept.result();
    assert.deepEqual(
      [verdict, exitCode, signal, origin],
      ['failed', 128 + number, signalName(number), 'job'],
    );
    assert.deepEqual(
      attempts.map((attempt) => [attempt.exitCode, attempt.signal]),
      [[128 + number, signalName(number)]],
    );
  });
});

test('run reports a KILL that it did not send', async (t) => {
  const { kept } = await runJob(t, [fixture('dies.sh'), '9']);
  assert.equal(
    kept.result().message,
    'The job was killed by SIGKILL, which the emissary did not send (out of memory?)',
  );
});

test("run distinguishes a job's 64 from its own", async (t) => {
  const job = await runJob(t, [fixture('exits.sh'), '64']);
  assert.deepEqual([job.status, job.kept.result().origin], [64, 'job']);
  const own = await runJob(t, ['true'], { template: 'no JSON' });
  assert.deepEqual([own.status, own.kept.result().origin], [64, 'emissary']);
});
