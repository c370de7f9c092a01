import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob, startReadyJob } from '../helpers/job.ts';
import { type ReportedJob, reportedJob, startWait } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';

/** A row of MultiFlexi's own process. It takes the next number, as MultiFlexi does, unless it is given one. */
function writeOther(job: ReportedJob, type: string, line: string, seq: number | null = null): void {
  job.database.query(
    `insert into job_output_lines (job_id, seq, type, line) values (?1, coalesce(?2,
      (select coalesce(max(seq), 0) + 1 from job_output_lines where job_id = ?1)), ?3, ?4) returning id`,
    job.jobId,
    seq,
    type,
    line,
  );
}

const isOurs = ({ line }: { line: string }) => !line.startsWith('other');
const ours = (job: ReportedJob) =>
  job
    .lines()
    .filter(isOurs)
    .map(({ line }) => line);
const others = (job: ReportedJob) => job.lines().filter((line) => !isOurs(line));

/** The job's rows in reading order: by number, then by id. */
function inOrder(job: ReportedJob): readonly string[] {
  return job.database
    .query<{ line: string }>('select line from job_output_lines where job_id = ? order by seq, id', job.jobId)
    .filter(isOurs)
    .map(({ line }) => line);
}

async function startEcho(t: TestContext, job: ReportedJob) {
  const script = 'echo ready; while read word; do echo "$word"; done; exit 3';
  return startReadyJob(t, ['sh', '-c', script], { root: job.root, stdin: 'pipe' });
}

for (const mode of ['full', 'output'] as const) {
  test(`wait delivers every line once, with MULTIFLEXI_REPORT=${mode}, while another process writes rows of the job`, async (t) => {
    const reported = reportedJob(t);
    const job = { ...reported, env: { ...reported.env, MULTIFLEXI_REPORT: mode } };
    writeOther(job, 'success', 'other before\n');
    let reporter = await startWait(t, job);
    const running = await startEcho(t, job);
    const expected = ['ready\n'];
    await until('the first line is stored', () => ours(job).length === expected.length);
    const types = ['success', 'error', 'stdout', 'stderr'] as const;
    for (const [index, type] of types.entries()) {
      for (let more = 0; more <= index; more += 1) writeOther(job, type, `other ${type}\n`);
      // Another reporter, which knows only the table and the spool, gives the same rows.
      if (index % 2 === 1) {
        reporter.kill('SIGKILL');
        await reporter.finished;
      }
      running.process.stdin?.write(`line ${index}\n`);
      expected.push(`line ${index}\n`);
      if (index % 2 === 1) reporter = await startWait(t, job);
      await until(`line ${index} is stored`, () => ours(job).length === expected.length);
    }
    writeOther(job, 'stdout', 'other with a large number\n', 4_294_967_295);
    const foreign = others(job);
    running.process.stdin?.end('last\n');
    const { status, stderr } = await reporter.finished;
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual(ours(job), [...expected, 'last\n']);
    assert.deepEqual(inOrder(job), ours(job));
    assert.deepEqual(others(job), foreign);
    writeOther(job, 'stdout', 'other after\n');
    const again = await emissary(['report'], job);
    assert.deepEqual([again.status, ours(job)], [0, [...expected, 'last\n']]);
  });
}

test('wait delivers every line although another process has stored the same lines', async (t) => {
  const job = reportedJob(t);
  await runJob(t, ['sh', '-c', 'echo a; echo b; echo c; exit 3'], { root: job.root });
  await emissary(['wait'], job);
  for (const line of ['a\n', 'b\n', 'c\n']) writeOther(job, 'stdout', line);
  const before = job.lines();
  const again = await emissary(['report'], job);
  assert.deepEqual([again.status, again.stderr, job.lines()], [0, '', before]);
});

test('report continues where a database restored from a backup ends', async (t) => {
  const job = reportedJob(t);
  await runJob(t, ['sh', '-c', 'for i in 1 2 3 4 5 6; do echo line $i; done; exit 3'], { root: job.root });
  await emissary(['wait'], job);
  const whole = ours(job);
  const cut = 'delete from job_output_lines where job_id = ? and seq > 3 returning id';
  job.database.query(cut, job.jobId);
  for (const seq of [4, 5, 6, 7]) writeOther(job, 'stdout', 'other since\n', seq);
  const again = await emissary(['report'], job);
  assert.deepEqual([again.status, again.stderr, ours(job)], [0, '', whole]);
  assert.deepEqual(inOrder(job), whole);
});
