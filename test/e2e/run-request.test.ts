import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { limits } from '../../src/base/limits.ts';
import type { Finished } from '../helpers/emissary.ts';
import { fixture } from '../helpers/fixture.ts';
import { type Kept, keptBy, runJob, startJob, startReadyJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

for (const text of ['15', 'TERM', 'SIGTERM', 'term', '15\n', ' SIGTERM \n']) {
  test(`run obeys a signal file with ${JSON.stringify(text)} once`, async (t) => {
    const job = await startReadyJob(t, [fixture('exits-3-on-term.sh')]);
    writeFileSync(job.kept.path('signal'), text);
    const { status, stdout, stderr } = await job.finished;
    assert.deepEqual([status, stdout.toString()], [3, 'ready\nstopping\n']);
    // The job's shell prints its child's signal.
    assert.match(stderr, /^emissary: SIGTERM was requested\n(Terminated\n)?$/);
    assert.equal(job.kept.has('signal'), false);
    const { verdict, message } = job.kept.result();
    assert.deepEqual(
      [verdict, message],
      ['terminated', 'The job exited with code 3, after SIGTERM was requested'],
    );
  });
}

test('run obeys a signal file that is renamed into place, and one that is written in two steps', async (t) => {
  const job = await startReadyJob(t, [
    'sh',
    '-c',
    'trap "echo got it" USR1 USR2; echo ready; while :; do sleep 0.01; done',
  ]);
  writeFileSync(job.kept.path('.new'), 'USR1');
  renameSync(job.kept.path('.new'), job.kept.path('signal'));
  await until('the first signal', () => job.stdout().toString() === 'ready\ngot it\n');
  writeFileSync(job.kept.path('signal'), '12');
  await until('the second signal', () => job.stdout().toString() === 'ready\ngot it\ngot it\n');
  writeFileSync(job.kept.path('signal'), '9');
  assert.equal((await job.finished).status, 137);
  assert.equal(job.kept.result().message, 'The job was killed by SIGKILL, after SIGKILL was requested');
});

const noSignals: readonly [string, string][] = [
  ['0', '"0"'],
  ['999', '"999"'],
  ['32', '"32"'],
  ['-15', '"-15"'],
  ['15.0', '"15.0"'],
  ['SIGNONE', '"SIGNONE"'],
  ['please stop', '"please stop"'],
  ['\u0000\u0001', '"\\u0000\\u0001"'],
  ['x'.repeat(1_000_000), `"${'x'.repeat(32)}"`],
];

test('run ignores a signal file that names no signal, with a warning', async (t) => {
  const job = await startReadyJob(t, [fixture('exits-3-on-term.sh')]);
  for (const [text, shown] of noSignals) {
    publish(job.kept, text);
    await until(`a warning of ${shown}`, () => job.stderr().includes(noSignal(job.kept, shown)));
    assert.equal(job.kept.has('signal'), false);
  }
  publish(job.kept, 'TERM');
  assert.deepEqual([(await job.finished).status, job.kept.text('stdout')], [3, 'ready\nstopping\n']);
});

test('run waits for the content of an empty signal file', async (t) => {
  // Well after the file was found empty, and long before the writer's time is up.
  const { status, stderr } = await inTwoSteps(t, [[0.1, '15']]);
  assert.deepEqual([status, stderr.includes('no signal')], [3, false]);
});

test('run gives every empty signal file its full delay, whatever was there before', async (t) => {
  // The second delay begins before the first is over, and ends after it.
  const { status, stderr } = await inTwoSteps(t, [
    [0.7, 'WINCH'],
    [0.7, 'TERM'],
  ]);
  assert.deepEqual([status, stderr.includes('no signal')], [3, false]);
});

type SignalRequests = readonly (readonly [part: number, signal: string])[];

/** Creates empty requests, and writes them after a part of the writer's time. */
async function inTwoSteps(t: TestContext, requests: SignalRequests): Promise<Finished> {
  const job = await startReadyJob(t, [fixture('exits-3-on-term.sh')]);
  for (const [index, [part, signal]] of requests.entries()) {
    const madeAt = performance.now();
    const file = openSync(job.kept.path('signal'), 'w');
    await pause(limits.emptyRequestMs * part);
    writeSync(file, signal);
    closeSync(file);
    // The machine froze: this test was too slow.
    if (performance.now() - madeAt >= limits.emptyRequestMs) return inTwoSteps(t, requests);
    const obeyed = () => job.stderr().match(/ was requested\n/g)?.length ?? 0;
    await until(`${signal} is obeyed`, () => obeyed() > index);
  }
  return job.finished;
}

test('run warns of a signal file that stays empty', async (t) => {
  const job = await startReadyJob(t, [fixture('exits-3-on-term.sh')]);
  publish(job.kept, '');
  await until('a warning', () => job.stderr() === noSignal(job.kept, '""'));
  publish(job.kept, 'TERM');
  assert.equal((await job.finished).status, 3);
});

for (const [what, make] of Object.entries({
  'a directory': ['mkdir'],
  'a FIFO': ['mkfifo'],
  'a link': ['ln', '-s', '/etc/passwd'],
})) {
  test(`run ignores ${what} in place of a signal request, and continues`, async (t) => {
    const job = await startReadyJob(t, [fixture('exits-3-on-term.sh')]);
    const path = job.kept.path('signal');
    await execa('env', [...make, path]);
    const warning = `emissary: cannot read or remove the signal request ${path}: it is not a regular file\n`;
    await until('a warning', () => job.stderr().startsWith(warning));
    job.kill('SIGTERM');
    assert.equal((await job.finished).status, 3);
  });
}

for (const [text, code] of [
  ['TERM', 143],
  ['9', 137],
  ['INT', 130],
] as const) {
  test(`run does not start a job whose signal file already contains ${text}`, async (t) => {
    const root = prepared(t, text);
    const { status, stdout, kept } = await runJob(t, ['echo', 'started'], { root });
    assert.deepEqual([status, stdout.toString(), kept.text('exitcode')], [code, '', String(code)]);
    const { verdict, pid, attempts, origin, message } = kept.result();
    assert.deepEqual([verdict, pid, attempts, origin], ['terminated', null, [], 'emissary']);
    assert.match(message ?? '', /^Not started: stopped by SIG[A-Z]+$/);
    assert.equal(kept.has('signal'), false);
  });
}

test('run starts a job whose signal file names no signal', async (t) => {
  const root = prepared(t, 'garbage');
  const { status, stdout, stderr } = await runJob(t, ['echo', 'started'], { root });
  assert.deepEqual([status, stdout.toString()], [0, 'started\n']);
  assert.equal(stderr, noSignal(keptBy(root), '"garbage"'));
});

for (const [way, ask] of Object.entries({
  'a signal file': (job: Awaited<ReturnType<typeof startJob>>) => publish(job.kept, '15'),
  'a signal': (job: Awaited<ReturnType<typeof startJob>>) => job.kill('SIGTERM'),
})) {
  test(`run exits 143 by ${way} while it waits for a dependency`, async (t) => {
    const template = {
      containerSet: { containers: [{ name: 'first' }, { name: 'main', dependencies: ['first'] }] },
    };
    const job = startJob(t, ['echo', 'started'], { template });
    // It is waiting once it watches the dependency's directory, which it creates for that.
    await until('it waits', () => keptBy(job.kept.root, 'first').has('.'));
    ask(job);
    const { status, stdout } = await job.finished;
    assert.deepEqual([status, stdout.toString(), job.kept.text('exitcode')], [143, '', '143']);
    assert.equal(job.kept.result().message, 'Not started: stopped by SIGTERM');
  });
}

function publish(kept: Kept, text: string): void {
  writeFileSync(kept.path('.new'), text);
  renameSync(kept.path('.new'), kept.path('signal'));
}

function noSignal(kept: Kept, shown: string): string {
  return `emissary: ignoring the signal request ${kept.path('signal')}: ${shown} is not a signal\n`;
}

function prepared(t: TestContext, text: string): string {
  const root = temporaryVolume(t);
  mkdirSync(join(root, 'ctr/main'), { recursive: true });
  writeFileSync(join(root, 'ctr/main/signal'), text);
  return root;
}
