import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob, startReadyJob } from '../helpers/job.ts';
import { linesIn, reportedJob, startWait } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';

test('wait stores heavy output in few rows, and delivers the last lines before a pause while the job runs', async (t) => {
  const job = reportedJob(t);
  let reporter = await startWait(t, job);
  const script = 'echo ready; while read word; do seq 5000; echo "$word"; done; exit 3';
  const running = await startReadyJob(t, ['sh', '-c', script], { root: job.root, stdin: 'pipe' });
  const expected = ['ready\n'];
  for (const arg of ['one', 'two', 'three']) {
    running.process.stdin?.write(`${arg}\n`);
    for (let number = 1; number <= 5000; number += 1) expected.push(`${number}\n`);
    expected.push(`${arg}\n`);
    await until(`${arg} is stored`, () => linesIn(job.lines()).at(-1) === `${arg}\n`);
    reporter.kill('SIGKILL');
    await reporter.finished;
    reporter = await startWait(t, job);
  }
  running.process.stdin?.end();
  const { status, stderr } = await reporter.finished;
  assert.deepEqual([status, stderr], [0, '']);
  const rows = job.lines();
  assert.deepEqual(linesIn(rows), expected);
  assert.ok(rows.length < 1_100, `${rows.length} rows`);
  assert.ok(rows.every(({ seq }, index) => seq === index + 1));
});

test('wait exits 64 at the limit of EMISSARY_OUTPUT_ROWS and stores the end; report stores the rest', async (t) => {
  const job = reportedJob(t);
  await runJob(t, ['sh', '-c', 'seq 30; exit 3'], { root: job.root });
  const few = { ...job, env: { ...job.env, EMISSARY_OUTPUT_ROWS: '20' } };
  const { status, stderr } = await emissary(['wait'], few);
  assert.equal(status, 64);
  assert.match(
    stderr,
    /^emissary: The output exceeds the limit of 20 rows: the rest is not stored; set EMISSARY_OUTPUT_ROWS for more\n/,
  );
  assert.deepEqual([job.row().exitcode, job.lines().length], [3, 20]);
  const again = await emissary(['report'], job);
  assert.deepEqual([again.status, again.stderr, job.lines().length], [0, '', 30]);
});
