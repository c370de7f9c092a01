import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { flood } from '../helpers/flood.ts';
import { startJob, startReadyJob } from '../helpers/job.ts';
import { reportedJob, startWait } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';

/** After this many ms a test counts as hung: far more than a loaded machine needs. */
const boundMs = 30_000;

const inTime = async <T>(what: string, work: Promise<T>): Promise<T> => {
  let over = false;
  void work.finally(() => {
    over = true;
  });
  await until(what, () => over, boundMs);
  return work;
};

for (const place of ['ctr/main', 'ctr'] as const) {
  for (const kinds of [
    ['writes', 'writes', 'writes'],
    ['renames', 'directories', 'writes'],
  ] as const) {
    const what = `a flood of ${[...new Set(kinds)].join(', ')} in ${place}`;

    test(`wait obeys its timeout, and notices the end, during ${what}`, async (t) => {
      const job = reportedJob(t);
      const reporter = await startWait(t, job, ['--timeout', '3', '--grace', '1']);
      const running = await startReadyJob(t, ['sh', '-c', 'echo ready; exec sleep 600'], { root: job.root });
      await flood(t, join(job.root, place), kinds);
      const { status, stderr } = await inTime('wait has ended', reporter.finished);
      assert.equal((await inTime('run has ended', running.finished)).status, 143);
      assert.deepEqual([status, job.row().exitcode], [0, 143], stderr);
    });

    test(`wait and run obey SIGTERM during ${what}`, async (t) => {
      const job = reportedJob(t);
      const reporter = await startWait(t, job, ['--grace', '20']);
      const script = `trap 'echo stopped; exit 3' TERM; echo ready; while :; do sleep 0.1; done`;
      const running = await startReadyJob(t, ['sh', '-c', script], { root: job.root });
      await flood(t, join(job.root, place), kinds);
      reporter.kill('SIGTERM');
      assert.equal((await inTime('run has ended', running.finished)).status, 3);
      const { status, stderr } = await inTime('wait has ended', reporter.finished);
      assert.deepEqual([status, job.row().exitcode], [0, 3], stderr);
      assert.ok(job.lines().some(({ line }) => line === 'stopped\n'));
    });

    test(`run forwards signals and obeys requests during ${what}`, async (t) => {
      const script = `trap 'echo hup' HUP; trap 'echo usr1' USR1; echo ready; while :; do sleep 0.1; done`;
      const running = await startReadyJob(t, ['sh', '-c', script]);
      const { root } = running.kept;
      await flood(t, join(root, place), kinds);
      running.kill('SIGHUP');
      await until('the signal is forwarded', () => running.stdout().includes('hup\n'), boundMs);
      assert.equal((await emissary(['signal', 'main', 'USR1'], { root })).status, 0);
      await until('the request is obeyed', () => running.stdout().includes('usr1\n'), boundMs);
      running.kill('SIGKILL');
    });
  }
}

test("a container that waits for another one can be stopped, and notices its end, during a flood in that one's directory", async (t) => {
  const template = {
    containerSet: { containers: [{ name: 'first' }, { name: 'main', dependencies: ['first'] }] },
  };
  for (const stopped of [true, false]) {
    const first = await startReadyJob(t, ['sh', '-c', 'echo ready; read go'], {
      name: 'first',
      template,
      stdin: 'pipe',
    });
    const { root } = first.kept;
    const main = startJob(t, ['echo', 'after'], { root });
    await until('main waits', () => main.kept.has('alive'));
    await flood(t, join(root, 'ctr/first'), ['writes', 'writes', 'renames']);
    if (stopped) main.kill('SIGTERM');
    else first.process.stdin?.end('go\n');
    const { status } = await inTime('main has ended', main.finished);
    assert.equal(status, stopped ? 143 : 0);
    first.process.stdin?.end('go\n');
  }
});

test('a debug pause ends, and can be stopped, during a flood', async (t) => {
  for (const stopped of [true, false]) {
    const env = { EMISSARY_DEBUG_PAUSE_BEFORE: 'true' };
    const running = startJob(t, ['echo', 'after'], { env });
    await until('it is paused', () => running.stderr().includes('paused'), boundMs);
    await flood(t, dirname(running.kept.path('before')), ['writes', 'writes', 'directories']);
    if (stopped) running.kill('SIGTERM');
    else writeFileSync(running.kept.path('before'), '');
    assert.equal((await inTime('run has ended', running.finished)).status, stopped ? 143 : 0);
  }
});

test("wait reads a job's output live, and its end, while its directory holds 50,000 files and more come", async (t) => {
  const job = reportedJob(t);
  const reporter = startEmissary(t, ['wait'], job);
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; read go; echo more; read go; exit 5'], {
    root: job.root,
    stdin: 'pipe',
  });
  const directory = join(job.root, 'ctr/main');
  for (let index = 0; index < 50_000; index += 1) writeFileSync(join(directory, `f${index}`), '');
  await flood(t, directory, ['writes', 'writes']);
  await until('the first line is stored', () => job.lines().length === 1, boundMs);
  running.process.stdin?.write('go\n');
  await until('the second line is stored', () => job.lines().length === 2, boundMs);
  assert.equal(job.row().exitcode, null);
  running.process.stdin?.end('go\n');
  assert.equal((await inTime('wait has ended', reporter.finished)).status, 0);
  assert.equal(job.row().exitcode, 5);
});
