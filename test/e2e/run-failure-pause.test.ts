import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { fixture } from '../helpers/fixture.ts';
import { type JobSetting, runJob, startJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';

const env = { EMISSARY_DEBUG_PAUSE_ON_FAILURE: 'true' };

async function startPaused(t: TestContext, setting: JobSetting = {}) {
  const job = startJob(t, [fixture('exits.sh'), '7'], { ...setting, env: { ...env, ...setting.env } });
  await until('it is held', () => job.stderr().includes('paused'));
  return job;
}

test('run holds a failed job until it is resumed, and keeps its exit code', async (t) => {
  const job = await startPaused(t);
  assert.equal(job.stderr(), 'emissary: paused: the job failed with 7; to continue: emissary resume main\n');
  assert.deepEqual(
    [job.kept.has('exitcode'), job.kept.has('ended'), job.kept.has('paused')],
    [false, true, true],
  );
  const { root } = job.kept;
  const { stdout } = await emissary(['status'], { root });
  assert.match(
    stdout.toString(),
    /main +saving +7 +failed .*Paused after a failure, until .*: resume main lets it go on/,
  );
  const resumed = await emissary(['resume', 'main'], { root });
  assert.deepEqual([resumed.status, resumed.stderr], [0, '']);
  assert.equal((await job.finished).status, 7);
  const { verdict, origin, message } = job.kept.result();
  assert.deepEqual([verdict, origin, message], ['failed', 'job', 'The job exited with code 7']);
  assert.deepEqual([job.kept.text('exitcode'), job.kept.has('paused')], ['7', false]);
});

for (const [decided, verdict] of [
  [0, 'succeeded'],
  [9, 'failed'],
] as const) {
  test(`run and wait record the exit code ${decided} that a person decided, and the job's own`, async (t) => {
    const job = await startPaused(t);
    const { root } = job.kept;
    const { status } = await emissary(['resume', '--exit-code', String(decided), 'main'], { root });
    assert.equal(status, 0);
    assert.equal((await job.finished).status, decided);
    const result = job.kept.result();
    assert.deepEqual([result.verdict, result.exitCode, result.origin], [verdict, decided, 'person']);
    assert.equal(result.attempts[0]?.exitCode, 7);
    const said = `The job exited with code 7; a person decided the exit code ${decided} instead`;
    assert.equal(result.message, said);
    assert.equal(job.kept.text('exitcode'), String(decided));
    const waited = await emissary(['wait'], { root });
    const report = JSON.parse(waited.stdout.toString());
    assert.deepEqual(
      [waited.status, report.exitCode, report.verdict, report.message],
      [0, decided, verdict, said],
    );
  });
}

test('run accepts a decision by a file, and ignores what is no exit code', async (t) => {
  const job = await startPaused(t);
  writeFileSync(job.kept.path('resume'), '256');
  await until('it says so', () => job.stderr().includes('it is not an exit code (0 to 255)'));
  writeFileSync(job.kept.path('resume'), '3\n');
  assert.equal((await job.finished).status, 3);
});

test('run holds a command that was not found', async (t) => {
  const job = startJob(t, ['no-such-command'], { env });
  await until('it is held', () => job.kept.has('paused'));
  await emissary(['resume', 'main', '--exit-code=0'], { root: job.kept.root });
  assert.deepEqual([(await job.finished).status, job.kept.result().attempts[0]?.exitCode], [0, 127]);
});

test('run goes on by itself when the time for a decision is over', async (t) => {
  const job = await startPaused(t, { env: { EMISSARY_DEBUG_PAUSE_SECONDS: '0.2' } });
  const { status, stderr } = await job.finished;
  assert.equal(status, 7);
  assert.match(stderr, /nobody resumed container main in time; it goes on\n$/);
});

test('run ends the pause after a failure on TERM, and at its timeout, with the verdict of the job', async (t) => {
  const job = await startPaused(t);
  job.kill('SIGTERM');
  assert.deepEqual([(await job.finished).status, job.kept.result().verdict], [7, 'failed']);
  const late = await startPaused(t, { options: ['--timeout', '1'] });
  assert.deepEqual([(await late.finished).status, late.kept.result().verdict], [7, 'failed']);
});

test('run does not hold a job that succeeded or was stopped', async (t) => {
  const fine = await runJob(t, ['true'], { env });
  assert.deepEqual([fine.status, fine.stderr], [0, '']);
  const job = startJob(t, [fixture('waits.sh')], { env });
  await until('the job is ready', () => job.stdout().includes('ready\n'));
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 143);
});

test('resume refuses a container that is not held, and an exit code that no process has', async (t) => {
  const { kept } = await runJob(t, ['false']);
  const { root } = kept;
  const { status, stderr } = await emissary(['resume', 'main'], { root });
  const said = `emissary: resume: container main on ${root} is not paused after a failure\n`;
  assert.deepEqual([status, stderr], [64, said]);
  assert.equal((await emissary(['resume', 'main', '--exit-code', '256'], { root })).status, 64);
});
