import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { startReadyJob } from '../helpers/job.ts';
import { reportedJob, startWait } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';

/** A job that prints each TERM and exits when it is released. */
async function startCounting(t: TestContext, root: string) {
  const script = `trap 'echo TERM' TERM; echo ready; while [ ! -e "$0/go" ]; do sleep 0.02; done; exit 3`;
  const job = await startReadyJob(t, ['sh', '-c', script, root], { root });
  const count = () => job.stdout().toString().split('TERM\n').length - 1;
  return {
    ...job,
    signalled: () => until('TERM came through', () => count() === 1),
    ask: async () => {
      await emissary(['signal', 'main', 'TERM'], { root });
      await until('the request is obeyed', () => !existsSync(join(root, 'ctr/main/signal')));
    },
    /** Releases the job. @returns how often it got TERM */
    end: async () => {
      writeFileSync(join(root, 'go'), '');
      assert.equal((await job.finished).status, 3);
      return count();
    },
  };
}

test('TERM as a signal and then as a request reaches the job once', async (t) => {
  const job = await startCounting(t, reportedJob(t).root);
  job.kill('SIGTERM');
  await job.signalled();
  await job.ask();
  assert.equal(await job.end(), 1);
});

test('TERM as a request and then as a signal reaches the job once', async (t) => {
  const job = await startCounting(t, reportedJob(t).root);
  await job.ask();
  await job.signalled();
  job.kill('SIGTERM');
  // Handling the next request proves that this one was handled.
  job.kill('SIGURG');
  await job.ask();
  assert.equal(await job.end(), 2, 'a second request is one of its own, a signal beside the first is not');
});

test('TERM twice by the same way reaches the job twice', async (t) => {
  const job = await startCounting(t, reportedJob(t).root);
  job.kill('SIGTERM');
  await job.signalled();
  job.kill('SIGTERM');
  await until('the second one', () => job.stdout().toString().endsWith('TERM\nTERM\n'));
  assert.equal(await job.end(), 2);
});

test('deleting a pod sends the job one TERM, from the kubelet or from the reporter', async (t) => {
  for (const first of ['job', 'reporter'] as const) {
    const reported = reportedJob(t);
    const reporter = await startWait(t, reported);
    const job = await startCounting(t, reported.root);
    const both = { job, reporter };
    both[first].kill('SIGTERM');
    if (first === 'reporter') await job.signalled();
    both[first === 'job' ? 'reporter' : 'job'].kill('SIGTERM');
    const asked = () => existsSync(join(reported.root, 'report/stop.json'));
    await until(
      'the reporter has asked',
      () => asked() && !existsSync(join(reported.root, 'ctr/main/signal')),
    );
    assert.equal(await job.end(), 1, first);
    assert.equal((await reporter.finished).status, 0);
    assert.equal(reported.row().exitcode, 3);
  }
});
