import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob, startReadyJob } from '../helpers/job.ts';
import { endTree } from '../helpers/kill-tree.ts';
import { linesIn, type ReportedJob, reportedJob, startWait } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';

const template = { containerSet: { containers: [{ name: 'a' }, { name: 'b' }] } };

const texts = (job: ReportedJob) => linesIn(job.lines()).map((line) => line.trim());
const areNumbered = (job: ReportedJob) => job.lines().every(({ seq }, index) => seq === index + 1);

test('wait appends the output of a container that was restarted without a reporter, and says so', async (t) => {
  const job = reportedJob(t);
  const first = await startWait(t, job);
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; read go; echo unseen'], {
    root: job.root,
    stdin: 'pipe',
  });
  await until('it is delivered', () => texts(job).length === 1);
  first.kill('SIGKILL');
  await first.finished;
  running.process.stdin?.end('go\n');
  await running.finished;
  await runJob(t, ['sh', '-c', 'echo new 1; echo new 2; exit 3'], { root: job.root });
  const { status, stderr } = await emissary(['wait', '--timeout', '60'], job);
  assert.equal(status, 64);
  assert.match(
    stderr,
    /^emissary: Container main was restarted on the same volume: earlier output that was not stored yet is lost\n/,
  );
  assert.deepEqual([job.row().exitcode, texts(job)], [3, ['ready', 'new 1', 'new 2']]);
  const again = await emissary(['report'], job);
  assert.deepEqual([again.status, again.stderr], [0, '']);
  assert.deepEqual([texts(job).length, areNumbered(job)], [3, true]);
});

for (const [last, other] of [
  ['a', 'b'],
  ['b', 'a'],
] as const) {
  test(`of two alternately printing containers, ${other} is restarted and loses nothing, nor does ${last}, the last to print`, async (t) => {
    const job = jobOfTwo(t);
    const first = await startWait(t, job);
    const setting = { root: job.root };
    await runJob(t, ['sh', '-c', 'echo old 1; echo old 2'], { ...setting, name: other });
    await until('the other is delivered', () => texts(job).length === 2);
    const script = 'seq -f "%.0f here" 5000; echo ready; read go; seq -f "%.0f later" 5000; exit 3';
    const running = await startReadyJob(t, ['sh', '-c', script], { ...setting, name: last, stdin: 'pipe' });
    await until('the last is delivered', () => texts(job).length === 5003);
    first.kill('SIGKILL');
    await first.finished;
    running.process.stdin?.end('go\n');
    await running.finished;
    await runJob(t, ['seq', '-f', '%.0f new', '3000'], { ...setting, name: other });
    const second = await emissary(['wait', '--timeout', '60'], job);
    assert.equal(second.status, 64, second.stderr);
    assert.match(second.stderr, new RegExp(`^emissary: Container ${other} was restarted[^;]*\n`));
    const lines = texts(job);
    assert.deepEqual([lines.length, areNumbered(job)], [13_003, true]);
    for (const [arg, count] of [
      ['old', 2],
      ['here', 5000],
      ['later', 5000],
      ['new', 3000],
    ] as const) {
      const found = lines.filter((line) => line.endsWith(arg) || line.startsWith(arg));
      assert.equal(found.length, count, arg);
      if (arg !== 'old')
        assert.deepEqual(
          found.map((line) => Number(line.split(' ')[0])),
          Array.from({ length: count }, (_, index) => index + 1),
        );
    }
  });
}

test('wait reports a container that is restarted while it is watched, and report delivers the rest', async (t) => {
  const job = jobOfTwo(t);
  const reporter = await startWait(t, job);
  const setting = { root: job.root };
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; read go'], {
    ...setting,
    name: 'b',
    stdin: 'pipe',
  });
  await runJob(t, ['echo', 'old'], { ...setting, name: 'a' });
  await until('both are delivered', () => texts(job).length === 2);
  await runJob(t, ['echo', 'new'], { ...setting, name: 'a' });
  running.process.stdin?.end('go\n');
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 64);
  assert.match(
    stderr,
    /^emissary: Container a was restarted[^\n]*: its output since then is not stored yet\n/,
  );
  await emissary(['report'], job);
  assert.deepEqual(texts(job).slice(2), ['new']);
  const again = await emissary(['report'], job);
  assert.deepEqual([again.status, texts(job).length, areNumbered(job)], [0, 3, true]);
});

test('a container that is killed and restarted before the reporter looks has each line delivered once', async (t) => {
  const job = reportedJob(t);
  const reporter = await startWait(t, job);
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; exec sleep 3600'], { root: job.root });
  await until('it is delivered', () => texts(job).length === 1);
  await until('its run is known', () => readFileSync(`${job.root}/report/journal`, 'utf8').includes('"log"'));
  reporter.kill('SIGSTOP');
  await until('the reporter is stopped', () => isStopped(reporter.pid));
  await endTree(running.pid);
  // The first run printed nothing there.
  await runJob(t, ['sh', '-c', 'echo trouble >&2; exit 3'], { root: job.root });
  reporter.kill('SIGCONT');
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 64);
  assert.match(
    stderr,
    /^emissary: Container main was restarted[^\n]*: its output since then is not stored yet\n/,
  );
  assert.deepEqual(texts(job), ['ready']);
  await emissary(['report'], job);
  assert.deepEqual([texts(job), areNumbered(job)], [['ready', 'trouble'], true]);
});

function isStopped(pid: number): boolean {
  return /^State:\tT/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
}

/** A job of the containers a and b. */
function jobOfTwo(t: TestContext): ReportedJob {
  const job = reportedJob(t);
  writeFileSync(join(job.root, 'template'), JSON.stringify(template));
  return job;
}
