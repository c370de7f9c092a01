import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { startJob } from '../helpers/job.ts';
import { type ReportedJob, reportedJob, startWait } from '../helpers/reported-job.ts';
import { standIn } from '../helpers/stand-in.ts';
import { standInJob } from '../helpers/stand-in-job.ts';
import { until } from '../helpers/until.ts';

function reportOf({ root }: ReportedJob) {
  return JSON.parse(readFileSync(join(root, 'report/report.json'), 'utf8')) as Record<string, unknown>;
}

function within(seconds: number): readonly string[] {
  return ['--deadline', new Date(Date.now() + seconds * 1000).toISOString(), '--grace', '1'];
}

test('status distinguishes a saving container from a running one, and shows its progress', async (t) => {
  const { job, wrapper } = standInJob(t);
  wrapper.ended({ exitCode: 3, verdict: 'failed' });
  wrapper.saving({ bytes: 5000, files: 12, current: 'big', at: new Date().toISOString() });
  const { stdout } = await emissary(['status'], { root: job.root });
  assert.match(stdout.toString(), /main +saving +3 +failed .*12 files, 5000 bytes so far, now big/);
  const json = await emissary(['status', '--json'], { root: job.root });
  const { containers } = JSON.parse(json.stdout.toString()) as { containers: Record<string, unknown>[] };
  assert.deepEqual((containers[0]?.['saving'] as { files: number } | undefined)?.files, 12);
  // A record of an earlier attempt does not apply to the running one.
  wrapper.write('started', JSON.stringify({ pid: 1, startedAt: new Date().toISOString(), attempt: 2 }));
  assert.match((await emissary(['status'], { root: job.root })).stdout.toString(), /main +running/);
});

test('wait records a successful job as such although its wrapper never finishes saving', async (t) => {
  const { job, wrapper } = standInJob(t);
  wrapper.ended();
  const { status, stderr } = await emissary(['wait', ...within(6)], job);
  assert.equal(status, 64);
  assert.match(stderr, /Container main did not finish saving its outputs in time/);
  assert.equal(job.row().exitcode, 0);
  assert.equal(reportOf(job)['verdict'], 'succeeded');
  const again = await emissary(['report'], job);
  assert.equal(again.status, 64, 'there may be more to come');
  wrapper.seal(0);
  wrapper.die();
  const last = await emissary(['report'], job);
  assert.deepEqual([last.status, job.row().exitcode], [0, 0], last.stderr);
  assert.equal(reportOf(job)['message'], null);
});

test('wait keeps the exit code of a job whose wrapper was killed while saving', async (t) => {
  const { job, wrapper } = standInJob(t);
  const reporter = await startWait(t, job);
  wrapper.ended({ exitCode: 5, verdict: 'failed' });
  wrapper.die();
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 64);
  assert.match(stderr, /The wrapper of container main died while saving the job's outputs/);
  assert.equal(job.row().exitcode, 5);
  assert.equal(reportOf(job)['verdict'], 'failed');
});

test('wait stops a saving container only when the time for saving is over', async (t) => {
  const { job, wrapper } = standInJob(t);
  wrapper.ended();
  const reporter = await startWait(t, job, within(20));
  const { killAt, saveUntil } = JSON.parse(
    await until('the budget', () => readFileSync(join(job.root, 'report/budget.json'), 'utf8')),
  ) as { killAt: number; saveUntil: number };
  assert.ok(saveUntil - killAt >= 1_000);
  const request = join(job.root, 'ctr/main/signal');
  const asked = await until('the request', () => existsSync(request) && { at: Date.now() });
  assert.ok(asked.at >= saveUntil, 'it is asked too early');
  assert.equal(readFileSync(request, 'utf8'), '15');
  wrapper.seal(0);
  wrapper.die();
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 0, stderr);
  assert.equal(job.row().exitcode, 0);
});

test('a job that claims to have ended cannot evade its deadline', async (t) => {
  const job = reportedJob(t);
  const ended = { attempt: 9, exitCode: 0, signal: null, finishedAt: new Date().toISOString() };
  writeFileSync(join(job.root, 'forged'), JSON.stringify({ ...ended, verdict: 'succeeded', origin: 'job' }));
  const script = 'cp "$0/forged" "$0/ctr/main/ended"; exec sleep 600';
  const running = startJob(t, ['sh', '-c', script, job.root], { root: job.root });
  const { status } = await emissary(['wait', ...within(8)], job);
  assert.equal((await running.finished).status, 143);
  assert.equal(status, 0);
  assert.equal(job.row().exitcode, 143);
});

test('report corrects a stored 137 when a seal appears later', async (t) => {
  const job = reportedJob(t);
  const results = join(job.root, 'results');
  const env = { ...job.env, EMISSARY_RESULTS_DIR: results };
  const wrapper = standIn(t, job.root);
  wrapper.started();
  await emissary(['wait', ...within(4)], { ...job, env });
  assert.equal(job.row().exitcode, 137);
  mkdirSync(join(job.root, 'outputs/artifacts'), { recursive: true });
  writeFileSync(join(job.root, 'outputs/artifacts/a'), 'kept');
  const sha256 = createHash('sha256').update('kept').digest('hex');
  const artifact = { name: 'a', path: '/a', file: 'outputs/artifacts/a', bytes: 4, sha256 };
  const outputs = { parameters: [], artifacts: [{ ...artifact, archive: 'none' as const }] };
  wrapper.seal(0, { outputs: { ...outputs, missing: [], skipped: [] } });
  wrapper.die();
  const { status, stderr } = await emissary(['report'], { ...job, env });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /Corrected the report of container main: it exited with 0 \(succeeded\)/);
  assert.equal(job.row().exitcode, 0);
  assert.equal(job.database.query('select id from artifacts').length, 1);
  assert.equal(reportOf(job)['exitCode'], 0);
  const kept = JSON.parse(readFileSync(join(results, '7/report.json'), 'utf8')) as { exitCode: number };
  assert.equal(kept.exitCode, 0);
});

test('report keeps a 137 that somebody else wrote into the row, and says so', async (t) => {
  const { job, wrapper } = standInJob(t);
  job.database.query('update job set exitcode = 137 where id = 7');
  await emissary(['wait', ...within(4)], job);
  wrapper.seal(0);
  wrapper.die();
  const { status, stderr } = await emissary(['report'], job);
  assert.equal(status, 64);
  assert.match(stderr, /already has exit code 137, but the job exited with 0/);
  assert.equal(job.row().exitcode, 137);
});

test('wait corrects the stored end if a seal appears during delivery', async (t) => {
  const { job, wrapper } = standInJob(t);
  const release = job.database.hold();
  const reporter = await startWait(t, job, ['--timeout', '0.1', '--grace', '0.1']);
  await until('it was given up', () => existsSync(join(job.root, 'report/report.json')));
  assert.equal(reportOf(job)['exitCode'], 137);
  wrapper.seal(0);
  wrapper.die();
  await until('it is corrected', () => reportOf(job)['exitCode'] === 0);
  release();
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 0, stderr);
  assert.equal(job.row().exitcode, 0);
});

test('wait stores the output that comes with a seal during delivery', async (t) => {
  const { job, wrapper } = standInJob(t);
  const write = (line: string, at: number) => {
    appendFileSync(join(job.root, 'ctr/main/stdout'), line);
    appendFileSync(join(job.root, 'ctr/main/timeline'), `${Date.now()} 1 ${at}\n`);
  };
  write('early\n', 6);
  const reporter = await startWait(t, job, ['--timeout', '3', '--grace', '0.1']);
  await until('the first line is stored', () => job.lines().length === 1);
  const release = job.database.hold();
  await until('it was given up', () => existsSync(join(job.root, 'report/report.json')));
  await until('its end cannot be stored', () => reporter.stderr().includes('is locked by another program'));
  write('late\n', 11);
  wrapper.seal(0, { stdout: { bytes: 11, truncated: false } });
  wrapper.die();
  await until('it is corrected', () => reportOf(job)['exitCode'] === 0);
  release();
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 0, stderr);
  const lines = job.lines().map(({ line }) => line);
  assert.deepEqual(lines, ['early\n', 'late\n']);
});

test('wait stops a saving container once it starts another attempt after the timeout', async (t) => {
  const { job, wrapper } = standInJob(t);
  wrapper.ended({ exitCode: 3, verdict: 'failed' });
  const reporter = await startWait(t, job, ['--timeout', '0.2', '--grace', '60']);
  await until('the timeout', () => existsSync(join(job.root, 'report/stop.json')));
  const request = join(job.root, 'ctr/main/signal');
  assert.ok(!existsSync(request));
  wrapper.write('started', JSON.stringify({ pid: 1, startedAt: new Date().toISOString(), attempt: 2 }));
  assert.equal(await until('the request', () => readFileSync(request, 'utf8')), '15');
  wrapper.ended({ attempt: 2, exitCode: 143, signal: 'SIGTERM', verdict: 'terminated' });
  wrapper.seal(143, { verdict: 'terminated', signal: 'SIGTERM' });
  wrapper.die();
  assert.equal((await reporter.finished).status, 0);
  assert.deepEqual([job.row().exitcode, reportOf(job)['verdict']], [143, 'timedOut']);
});

test('wait does not take a container that waits for its next attempt for a saving one', async (t) => {
  const job = reportedJob(t);
  writeFileSync(
    join(job.root, 'template'),
    JSON.stringify({ containerSet: { containers: [{ name: 'main' }], retryStrategy: { retries: 2 } } }),
  );
  const wrapper = standIn(t, job.root);
  wrapper.started();
  wrapper.ended({ exitCode: 3, verdict: 'failed' });
  const { stdout } = await emissary(['status'], { root: job.root });
  assert.match(stdout.toString(), /main +running/);
  const reporter = await startWait(t, job, ['--timeout', '0.2', '--grace', '60']);
  assert.equal(
    await until('the request', () => readFileSync(join(job.root, 'ctr/main/signal'), 'utf8')),
    '15',
  );
  wrapper.seal(3);
  wrapper.die();
  assert.equal((await reporter.finished).status, 0);
  assert.equal(job.row().exitcode, 3);
});
