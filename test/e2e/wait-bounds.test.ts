import assert from 'node:assert/strict';
import { rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob, startReadyJob } from '../helpers/job.ts';
import { reportedJob, startWait } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const terabyte = 1024 ** 4;

test('wait reports a stdout that a running job extends to a terabyte, and fills neither the database nor the results', async (t) => {
  const job = reportedJob(t);
  const results = temporaryVolume(t);
  const env = { ...job.env, EMISSARY_RESULTS_DIR: results };
  const reporter = await startWait(t, { root: job.root, env });
  const script = 'echo ready; read go; exit 3';
  const running = await startReadyJob(t, ['sh', '-c', script], { root: job.root, stdin: 'pipe' });
  await until('the line is stored', () => job.lines().length === 1);
  truncateSync(join(job.root, 'ctr/main/stdout'), terabyte);
  running.process.stdin?.end('go\n');
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 64);
  assert.match(
    stderr,
    /stdout of container main has 1099511627776 bytes, but its wrapper wrote only 6: the rest is not stored/,
  );
  assert.deepEqual([job.row().exitcode, job.lines().map(({ line }) => line)], [3, ['ready\n']]);
  assert.equal(statSync(join(results, '7/ctr/main/stdout')).size, 6);
});

test('wait does not take a terabyte hole after the output of a lost container for output', async (t) => {
  const job = reportedJob(t);
  await runJob(t, ['sh', '-c', 'echo honest'], { root: job.root });
  for (const file of ['exitcode', 'result.json']) rmSync(join(job.root, 'ctr/main', file));
  truncateSync(join(job.root, 'ctr/main/stdout'), terabyte);
  writeFileSync(join(job.root, 'ctr/main/timeline'), '1700000000000 1 1000000000000\n');
  const results = temporaryVolume(t);
  const env = { ...job.env, EMISSARY_RESULTS_DIR: results };
  const { status, stderr } = await emissary(['wait', '--timeout', '1'], { root: job.root, env });
  assert.equal(status, 64, stderr);
  assert.match(
    stderr,
    /stdout of container main has 1099511627776 bytes, but EMISSARY_LOG_LIMIT_BYTES allows only/,
  );
  const bytes = job.lines().reduce((sum, { line }) => sum + line.length, 0);
  assert.ok(bytes < 10_000_000, `${bytes} bytes`);
  assert.ok(statSync(join(results, '7/ctr/main/stdout')).blocks * 512 < 10_000_000);
});

test('wait reads no more of each stream than EMISSARY_LOG_LIMIT_BYTES', async (t) => {
  const job = reportedJob(t);
  await runJob(t, ['sh', '-c', 'seq 100000; echo error >&2'], { root: job.root });
  const env = { ...job.env, EMISSARY_LOG_LIMIT_BYTES: '1000' };
  const { status, stderr } = await emissary(['wait'], { root: job.root, env });
  assert.equal(status, 64);
  assert.match(
    stderr,
    /stdout of container main has 588895 bytes, but EMISSARY_LOG_LIMIT_BYTES allows only 1000/,
  );
  const bytes = (wanted: string) =>
    job.lines().reduce((sum, { type, line }) => sum + (type === wanted ? line.length : 0), 0);
  assert.deepEqual([bytes('stdout'), bytes('stderr'), job.row().exitcode], [1000, 6, 0]);
});

test('wait stores the saved size of an artifact that has grown to a terabyte, and reports it', async (t) => {
  const job = reportedJob(t);
  const results = temporaryVolume(t);
  const template = {
    outputs: { artifacts: [{ name: 'a', path: join(job.root, 'a'), archive: { none: {} } }] },
  };
  const command = ['sh', '-c', 'echo saved >"$0/a"', job.root];
  const { kept } = await runJob(t, command, { root: job.root, template });
  const file = kept.result().outputs.artifacts[0]?.file ?? '';
  truncateSync(join(job.root, file), terabyte);
  const env = { MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_DIR: results };
  const { status, stderr } = await emissary(['wait'], { root: job.root, env });
  assert.equal(status, 64);
  assert.match(stderr, /Cannot copy all of [^\n]*: it has 1099511627776 bytes, but only 6 are stored/);
  assert.equal(statSync(join(results, '7', file)).size, 6);
});

test('wait refuses a template of more than 1,000 containers with one message', async (t) => {
  for (const make of [
    (names: readonly object[]) => ({ containerSet: { containers: [{ name: 'main' }, ...names] } }),
    (names: readonly object[]) => ({ sidecars: names }),
  ]) {
    const job = reportedJob(t);
    const names = Array.from({ length: 20_000 }, (_, index) => ({ name: `c${index}` }));
    const template = make(names);
    writeFileSync(join(job.root, 'template'), JSON.stringify(template));
    const { status, stderr } = await emissary(['wait'], job);
    assert.deepEqual([status, job.row().exitcode], [64, 64]);
    assert.match(stderr, /must not be more than 1000[^\n]*\n$/);
    assert.equal(stderr.split('\n').length, 2, stderr);
  }
});
