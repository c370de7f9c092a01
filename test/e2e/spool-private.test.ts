import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { runJob, startReadyJob } from '../helpers/job.ts';
import { type ReportedJob, reportedJob } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A job whose reporter has its own directory, and a volume where the job forged a whole spool. */
function privateJob(t: TestContext): ReportedJob & { readonly own: string } {
  const job = reportedJob(t);
  const own = temporaryVolume(t);
  mkdirSync(join(job.root, 'report'), { mode: 0o700 });
  const report = { version: 1, jobId: 7, verdict: 'succeeded', exitCode: 0, message: null, pid: 1 };
  writeFileSync(
    join(job.root, 'report/report.json'),
    JSON.stringify({ ...report, started: null, containers: [] }),
  );
  writeFileSync(join(job.root, 'report/first-line.json'), '{"after":1000}');
  writeFileSync(join(job.root, 'report/containers.json'), '["ghost"]');
  writeFileSync(join(job.root, 'report/journal'), '{"line":3,"turn":"main","at":{}}\n');
  return { ...job, own, env: { ...job.env, EMISSARY_SPOOL_DIR: own } };
}

test('wait with EMISSARY_SPOOL_DIR keeps its spool there, ignores the one on the volume, and resumes after a KILL', async (t) => {
  const job = privateJob(t);
  const first = startEmissary(t, ['wait', '--grace', '20'], job);
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; read go; echo more; exit 5'], {
    root: job.root,
    stdin: 'pipe',
  });
  await until('the line is stored', () => job.lines().length === 1);
  assert.ok(existsSync(join(job.own, 'report/journal')));
  first.kill('SIGKILL');
  await first.finished;
  const second = startEmissary(t, ['wait', '--grace', '20'], job);
  running.process.stdin?.end('go\n');
  const { status, stderr } = await second.finished;
  assert.deepEqual([status, stderr, job.row().exitcode], [0, '', 5]);
  assert.deepEqual(
    job.lines().map(({ seq, line }) => [seq, line]),
    [
      [1, 'ready\n'],
      [2, 'more\n'],
    ],
  );
  assert.ok(existsSync(join(job.own, 'report/report.json')));
});

test('two reporters with the same EMISSARY_SPOOL_DIR exclude each other', async (t) => {
  const job = privateJob(t);
  startEmissary(t, ['wait'], job);
  await until('the first has its spool', () => existsSync(join(job.own, 'report/journal')));
  for (const verb of ['wait', 'report']) {
    const { status, stderr } = await emissary([verb], job);
    assert.equal(status, 64);
    assert.match(
      stderr,
      /^emissary: Another emissary is reporting this job: it holds [^\n]*\/report\/lock\n$/,
    );
  }
});

test('two reporters of one job with different spool directories exclude each other', async (t) => {
  const job = reportedJob(t);
  await startReadyJob(t, ['sh', '-c', 'echo ready; read go'], { root: job.root, stdin: 'pipe' });
  const setting = () => ({ root: job.root, env: { ...job.env, EMISSARY_SPOOL_DIR: temporaryVolume(t) } });
  startEmissary(t, ['wait', '--grace', '20'], setting());
  await until('the line is stored', () => job.lines().length === 1);
  const { status, stderr } = await emissary(['wait'], setting());
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: Another emissary is reporting this job: it holds /);
  assert.equal(job.lines().length, 1);
});

test('report and status use EMISSARY_SPOOL_DIR', async (t) => {
  const job = privateJob(t);
  const env = {
    ...job.env,
    MULTIFLEXI_DATABASE_URL: 'sqlite:///no/such.sqlite',
    EMISSARY_REPORT_SECONDS: '1',
  };
  await runJob(t, ['sh', '-c', 'exit 3'], { root: job.root });
  const waited = await emissary(['wait', '--timeout', '77'], { root: job.root, env });
  assert.equal(waited.status, 64);
  assert.ok(waited.stderr.includes(`stays in ${job.own}/report`), waited.stderr);
  const { stdout } = await emissary(['status', '--json'], job);
  assert.equal(JSON.parse(stdout.toString()).budget.reason, 'timeout');
  const { status, stderr } = await emissary(['report'], job);
  assert.deepEqual([status, stderr, job.row().exitcode], [0, '', 3]);
});

test('wait and report refuse the spool of another job in EMISSARY_SPOOL_DIR', async (t) => {
  const job = privateJob(t);
  await runJob(t, ['true'], { root: job.root });
  assert.equal((await emissary(['wait', '--timeout', '60'], job)).status, 0);
  const env = { ...job.env, MULTIFLEXI_JOB_ID: '8' };
  for (const verb of ['wait', 'report']) {
    const { status, stderr } = await emissary([verb], { root: job.root, env });
    assert.deepEqual([status, stderr.includes('belongs to job 7')], [64, true], stderr);
  }
});

test('wait logs an unusable EMISSARY_SPOOL_DIR, and reports the job', async (t) => {
  for (const [place, prepare] of [
    ['/dev/null/spool', () => undefined],
    [join(temporaryVolume(t), 'file'), (path: string) => writeFileSync(path, '')],
  ] as const) {
    prepare(place);
    const job = reportedJob(t);
    await runJob(t, ['sh', '-c', 'exit 3'], { root: job.root });
    const env = { ...job.env, EMISSARY_SPOOL_DIR: place };
    const { status, stderr } = await emissary(['wait', '--timeout', '60'], { root: job.root, env });
    assert.match(stderr, /^emissary: [^\n]*in memory[^\n]*\n$/);
    assert.deepEqual([status, job.row().exitcode], [0, 3]);
  }
  const { status, stderr } = await emissary(['wait'], { root: '/', env: { EMISSARY_SPOOL_DIR: 'spool' } });
  assert.deepEqual([status, stderr], [64, 'emissary: EMISSARY_SPOOL_DIR: "spool" is not an absolute path\n']);
});

test('wait with EMISSARY_SPOOL_DIR stops a job that has filled the volume', async (t) => {
  const { withMount } = await import('../helpers/with-mount.ts');
  const job = reportedJob(t);
  const own = temporaryVolume(t);
  chmodSync(own, 0o700);
  const env = { ...job.env, EMISSARY_SPOOL_DIR: own };
  await withMount(t, { root: job.root, options: 'size=1m' }, async () => {
    const reporter = startEmissary(t, ['wait', '--grace', '20'], { root: job.root, env });
    await until('it has its spool', () => existsSync(join(own, 'report/journal')));
    const script = `trap 'exit 3' TERM; ( cat /dev/zero >"$0/fill" 2>/dev/null ); echo ready; sleep 60 & wait`;
    const running = await startReadyJob(t, ['sh', '-c', script, job.root], { root: job.root });
    reporter.kill('SIGTERM');
    const { status, stderr } = await reporter.finished;
    assert.equal(status, 0, stderr);
    assert.equal((await running.finished).status, 3);
    assert.equal(job.row().exitcode, 3);
    assert.deepEqual(readdirSync(join(job.root)).includes('report'), true);
  });
});
