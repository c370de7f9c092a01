import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { startJob } from '../helpers/job.ts';
import { reportedJob, startWait } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';

test('wait reports a killed wrapper as lost within seconds, with the output so far', async (t) => {
  const job = reportedJob(t);
  const reporter = await startWait(t, job);
  const running = startJob(t, ['sh', '-c', 'echo ready; printf half; sleep 600'], { root: job.root });
  // The output is kept and forwarded at the same time: a KILL may come between the two.
  await until('what it printed is kept', () => running.kept.text('stdout').includes('half'));
  running.kill('SIGKILL');
  const killedAt = performance.now();
  assert.equal((await reporter.finished).status, 0);
  // Its job sleeps for ten minutes.
  assert.ok(performance.now() - killedAt < 60_000);
  assert.equal(job.row().exitcode, 137);
  const report = JSON.parse(readFileSync(join(job.root, 'report/report.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  assert.equal(report['verdict'], 'lost');
  assert.equal(
    report['message'],
    'The wrapper of container main died while the job was running and left no exit code: it was killed, or out of memory',
  );
  assert.deepEqual(
    job.lines().map(({ line }) => line),
    ['ready\n', 'half'],
  );
});

test('wait that starts after the wrapper was killed reports it as lost', async (t) => {
  const job = reportedJob(t);
  const running = startJob(t, ['sh', '-c', 'echo ready; sleep 60'], { root: job.root });
  await until('the job is ready', () => running.stdout().includes('ready'));
  running.kill('SIGKILL');
  await running.finished;
  const reporter = await startWait(t, job);
  assert.equal((await reporter.finished).status, 0);
  assert.equal(job.row().exitcode, 137);
});

for (const when of ['before the job starts', 'while a mirrored job runs'])
  test(`wait whose volume is removed ${when} reports the job as lost`, async (t) => {
    const job = reportedJob(t);
    if (when.includes('mirrored')) {
      // As a receiver has made it: no wrapper holds the FIFO.
      mkdirSync(join(job.root, '.mirror'));
      mkdirSync(join(job.root, 'ctr/main'), { recursive: true });
      writeFileSync(
        join(job.root, 'ctr/main/started'),
        JSON.stringify({ pid: 5, startedAt: new Date().toISOString() }),
      );
      execFileSync('mkfifo', [join(job.root, 'ctr/main/alive')]);
      chmodSync(job.root, 0o700);
    }
    const reporter = await startWait(t, job);
    rmSync(job.root, { recursive: true });
    const { stderr } = await reporter.finished;
    assert.equal(job.row().exitcode, 137);
    assert.match(stderr.toString(), /^emissary: The volume was removed/m);
  });

test('wait times out if the wrapper was killed before it wrote anything', async (t) => {
  const job = reportedJob(t);
  const reporter = await startWait(t, job, ['--timeout', '2', '--grace', '1']);
  // Stop it before its first instruction, so that it cannot be faster than this test.
  const under = ['sh', '-c', 'kill -STOP $$; exec "$@"', 'sh'];
  const killed = startJob(t, ['echo', 'never'], { root: job.root, under });
  killed.kill('SIGKILL');
  assert.equal((await killed.finished).signal, 'SIGKILL');
  assert.ok(!existsSync(join(job.root, 'ctr/main/alive')));
  const { stdout } = await emissary(['status', '--json'], { root: job.root });
  const { containers } = JSON.parse(stdout.toString()) as { containers: { state: string }[] };
  assert.deepEqual(
    containers.map(({ state }) => state),
    ['waiting'],
  );
  assert.equal(job.row().begin, null);
  assert.equal((await reporter.finished).status, 0);
  assert.equal(job.row().exitcode, 137);
  const report = JSON.parse(readFileSync(join(job.root, 'report/report.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  assert.deepEqual(
    [report['verdict'], report['message']],
    ['lost', 'Container main had not started when the job was stopped'],
  );
});

test('wait does not report a silent job as lost', async (t) => {
  const job = reportedJob(t);
  const reporter = await startWait(t, job);
  const running = startJob(t, ['sh', '-c', 'read go; exit 5'], { root: job.root, stdin: 'pipe' });
  await until('begin is stored', () => job.row().begin !== null);
  const startedAt = performance.now();
  // Longer than the reporter needs to declare a dead wrapper lost, and than its second check.
  await until('six seconds', () => running.process.exitCode === null && performance.now() > startedAt + 6000);
  running.process.stdin?.end('go\n');
  assert.equal((await reporter.finished).status, 0);
  assert.equal(job.row().exitcode, 5);
});
