import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { launcherOf } from '../helpers/launcher.ts';
import { requireProgram } from '../helpers/require.ts';

test('launch writes every byte to a reader that is slower than the job', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null || !requireProgram(t, 'bash')) return;
  // dd takes a little at a time, so that the pipe is full again and again.
  const slowly = ['bash', '-o', 'pipefail', '-c', '"$0" "$@" | dd bs=1000 status=none | sha256sum'];
  const { status, stdout } = await launcher.script('seq 1 5000000; exit 25', { under: slowly });
  assert.equal(status, 25);
  assert.equal(stdout.toString(), execFileSync('sh', ['-c', 'seq 1 5000000 | sha256sum']).toString());
});

test('launch tells that its standard output is full, and runs the job to its end', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null) return;
  const full = ['sh', '-c', 'exec "$0" "$@" > /dev/full'];
  const { status, stderr } = await launcher.script('echo lost; sleep 1; exit 25', { under: full });
  assert.equal(status, 25);
  assert.match(stderr, /^emissary: The job's output is incomplete here: ENOSPC[^\n]*\n$/);
});
