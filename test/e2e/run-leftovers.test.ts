import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { limits } from '../../src/base/limits.ts';
import { runJob, startJob } from '../helpers/job.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('run seals at once although a background process holds standard output open', async (t) => {
  const { status, stdout, kept } = await runJob(t, ['sh', '-c', '(sleep 60; echo late) & printf hello']);
  assert.deepEqual([status, stdout.toString(), kept.text('stdout')], [0, 'hello', 'hello']);
  const { verdict, stdout: stream } = kept.result();
  assert.deepEqual([verdict, stream], ['succeeded', { bytes: 5, truncated: false }]);
});

test('run sends leftovers TERM, then KILL, and does not delay the seal', async (t) => {
  const polite = 'trap exit TERM; echo >&2 ready; sleep 60 & wait';
  const look = '[ -e "$0/ctr/main/exitcode" ] && : >"$0/seen"';
  const deaf = `trap : TERM; echo >&2 ready; exec 2>/dev/null; while :; do ${look}; sleep 0.02; done`;
  const script = 'sh -c "$1" & sh -c "$2" "$0" & read -r _; exit 1';
  const root = temporaryVolume(t);
  const job = startJob(t, ['sh', '-c', script, root, polite, deaf], { root, stdin: 'pipe' });
  await until('both are ready', () => job.stderr().match(/ready/g)?.length === 2);
  job.process.stdin?.end('\n');
  assert.equal((await job.finished).status, 1);
  const hadMs = Date.now() - Date.parse(job.kept.result().finishedAt);
  assert.ok(hadMs > 0.9 * limits.leftoverGraceMs, `the deaf one had its time, and not ${hadMs} ms`);
  assert.ok(existsSync(join(root, 'seen')), 'the deaf one lived when the seal came');
});

test("run captures the late output of a leftover of a shell's redirection", async (t) => {
  if (!requireProgram(t, 'bash')) return;
  const script = 'exec > >(tee /dev/null); for i in $(seq 20000); do echo "line $i"; done';
  const { stdout, kept } = await runJob(t, ['bash', '-c', script]);
  const expected = Array.from({ length: 20_000 }, (_, index) => `line ${index + 1}\n`).join('');
  assert.ok(stdout.toString() === expected, `${stdout.length} of ${expected.length} bytes`);
  assert.ok(kept.text('stdout') === expected);
});

test('run stops reading from a leftover that prints for ever', async (t) => {
  const job = startJob(t, ['sh', '-c', '(while :; do echo more; sleep 0.01; done) & echo done']);
  assert.equal(await job.kept.sealed(), '0');
  assert.equal((await job.finished).status, 0);
});

test('run leaves no process behind', async (t) => {
  const leaves = ['sleep 3600 &', 'setsid sleep 3600 &', '(sleep 3600 &)', '(setsid sleep 3600 &)'];
  const job = startJob(t, ['sh', '-c', `${leaves.join('\n')}\necho $$`]);
  const { status, stdout } = await job.finished;
  assert.equal(status, 0);
  const group = Number(stdout.toString());
  await until('the group is gone', () => {
    try {
      return !process.kill(-group, 0);
    } catch {
      return true; // ESRCH: the group is empty.
    }
  });
});
