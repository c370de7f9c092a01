import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { startJob } from '../helpers/job.ts';
import { type ReportedJob, reportedJob, startWait } from '../helpers/sidecar.ts';
import { standIn } from '../helpers/stand-in.ts';
import { until } from '../helpers/until.ts';

function reportOf({ root }: ReportedJob) {
  return JSON.parse(readFileSync(join(root, 'report/report.json'), 'utf8')) as Record<string, unknown>;
}

function within(seconds: number): readonly string[] {
  return ['--deadline', new Date(Date.now() + seconds * 1000).toISOString(), '--grace', '1'];
}

test('status tells a container that saves from one that runs, and how far it is', async (t) => {
  const job = reportedJob(t);
  const wrapper = standIn(t, job.root);
  wrapper.started();
  wrapper.ended({ exitCode: 3, verdict: 'failed' });
  wrapper.saving({ bytes: 5000, files: 12, current: 'big', at: new Date().toISOString() });
  const { stdout } = await emissary(['status'], { root: job.root });
  assert.match(stdout.toString(), /main +saving +3 +failed .*12 files, 5000 bytes so far, now big/);
  const json = await emissary(['status', '--json'], { root: job.root });
  const { containers } = JSON.parse(json.stdout.toString()) as { containers: Record<string, unknown>[] };
  assert.deepEqual((containers[0]?.['saving'] as { files: number } | undefined)?.files, 12);
  // A record of an earlier attempt than the one that runs says nothing.
  wrapper.write('started', JSON.stringify({ pid: 1, startedAt: new Date().toISOString(), attempt: 2 }));
  assert.match((await emissary(['status'], { root: job.root })).stdout.toString(), /main +running/);
});

test('a job that succeeded is recorded as that, though its wrapper never comes to an end with saving', async (t) => {
  const job = reportedJob(t);
  const wrapper = standIn(t, job.root);
  wrapper.started();
  wrapper.ended();
  const { status, stderr } = await emissary(['wait', ...within(6)], job);
  assert.equal(status, 64);
  assert.match(stderr, /Container main had not saved what its job left when the time for it was over/);
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

test('the exit code of a job whose wrapper was killed while it saved is not lost', async (t) => {
  const job = reportedJob(t);
  const wrapper = standIn(t, job.root);
  wrapper.started();
  const sidecar = await startWait(t, job);
  wrapper.ended({ exitCode: 5, verdict: 'failed' });
  wrapper.die();
  const { status, stderr } = await sidecar.finished;
  assert.equal(status, 64);
  assert.match(stderr, /The wrapper of container main died while it saved/);
  assert.equal(job.row().exitcode, 5);
  assert.equal(reportOf(job)['verdict'], 'failed');
});

test('a container that saves is not asked to stop with the others, but when the time for saving is over', async (t) => {
  const job = reportedJob(t);
  const wrapper = standIn(t, job.root);
  wrapper.started();
  wrapper.ended();
  const sidecar = await startWait(t, job, within(20));
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
  const { status, stderr } = await sidecar.finished;
  assert.equal(status, 0, stderr);
  assert.equal(job.row().exitcode, 0);
});

test('a job that claims to have ended does not get around its deadline', async (t) => {
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

test('report corrects a record of 137 by a seal that appeared after all', async (t) => {
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
  assert.match(stderr, /More is known of container main now: it ended with 0 \(succeeded\)/);
  assert.equal(job.row().exitcode, 0);
  assert.equal(job.database.query('select id from artifacts').length, 1);
  assert.equal(reportOf(job)['exitCode'], 0);
  const kept = JSON.parse(readFileSync(join(results, '7/report.json'), 'utf8')) as { exitCode: number };
  assert.equal(kept.exitCode, 0);
});

test('a 137 in the row that somebody else has written stays, and report says so', async (t) => {
  const job = reportedJob(t);
  const wrapper = standIn(t, job.root);
  wrapper.started();
  job.database.query('update job set exitcode = 137 where id = 7');
  await emissary(['wait', ...within(4)], job);
  wrapper.seal(0);
  wrapper.die();
  const { status, stderr } = await emissary(['report'], job);
  assert.equal(status, 64);
  assert.match(stderr, /has exit code 137 already; it ended with 0/);
  assert.equal(job.row().exitcode, 137);
});

test('a seal that appears while the job is delivered corrects what is stored', async (t) => {
  const job = reportedJob(t);
  const wrapper = standIn(t, job.root);
  wrapper.started();
  const release = job.database.hold();
  const sidecar = await startWait(t, job, ['--timeout', '0.1', '--grace', '0.1']);
  await until('it was given up', () => existsSync(join(job.root, 'report/report.json')));
  assert.equal(reportOf(job)['exitCode'], 137);
  wrapper.seal(0);
  wrapper.die();
  await until('it is corrected', () => reportOf(job)['exitCode'] === 0);
  release();
  const { status, stderr } = await sidecar.finished;
  assert.equal(status, 0, stderr);
  assert.equal(job.row().exitcode, 0);
});

test('a container that saves when the timeout is over is asked to stop once it begins another attempt', async (t) => {
  const job = reportedJob(t);
  const wrapper = standIn(t, job.root);
  wrapper.started();
  wrapper.ended({ exitCode: 3, verdict: 'failed' });
  const sidecar = await startWait(t, job, ['--timeout', '0.2', '--grace', '60']);
  await until('the timeout', () => existsSync(join(job.root, 'report/stop.json')));
  const request = join(job.root, 'ctr/main/signal');
  assert.ok(!existsSync(request));
  wrapper.write('started', JSON.stringify({ pid: 1, startedAt: new Date().toISOString(), attempt: 2 }));
  assert.equal(await until('the request', () => readFileSync(request, 'utf8')), '15');
  wrapper.ended({ attempt: 2, exitCode: 143, signal: 'SIGTERM', verdict: 'terminated' });
  wrapper.seal(143, { verdict: 'terminated', signal: 'SIGTERM' });
  wrapper.die();
  assert.equal((await sidecar.finished).status, 0);
  assert.deepEqual([job.row().exitcode, reportOf(job)['verdict']], [143, 'timedOut']);
});

test('a container that waits for its next attempt is no container that saves', async (t) => {
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
  const sidecar = await startWait(t, job, ['--timeout', '0.2', '--grace', '60']);
  assert.equal(
    await until('the request', () => readFileSync(join(job.root, 'ctr/main/signal'), 'utf8')),
    '15',
  );
  wrapper.seal(3);
  wrapper.die();
  assert.equal((await sidecar.finished).status, 0);
  assert.equal(job.row().exitcode, 3);
});
