import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operatorLauncher } from '../helpers/operator-launcher.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';

test('launch --via operator: output, exit code and row are the job’s, and nothing is left', async (t) => {
  const launcher = await operatorLauncher(t);
  if (launcher === null) return;
  await launcher.place.start();
  const job = reportedJob(t);
  const script = 'echo out; echo err >&2; env; exit 3';
  const { status, stdout, stderr } = await launcher.script(script, { env: job.env });
  assert.deepEqual([status, stderr], [3, 'err\n']);
  assert.match(stdout.toString(), /^out\n/);
  assert.doesNotMatch(stdout.toString(), /MULTIFLEXI_DATABASE/);
  assert.equal(job.row().exitcode, 3);
  assert.ok(job.lines().some(({ type, line }) => type === 'stderr' && line === 'err\n'));
  assert.deepEqual(launcher.left(), []);
  await until('nothing is left', async () => (await launcher.remains()).length === 0);
});
