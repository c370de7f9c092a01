import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launcherOf } from '../helpers/launcher.ts';
import { requireProgram, requireRoot } from '../helpers/require.ts';
import { makeSqlite } from '../helpers/sqlite.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('native: a job that removes its volume is reported as lost', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null) return;
  const database = makeSqlite(temporaryVolume(t), 31);
  const env = { MULTIFLEXI_DATABASE_URL: database.url };
  // The wrapper may write another file meanwhile.
  const remove = 'echo begun; sleep 1; cd /; while ! rm -rf "$' + '{PROGRESS_FILE%/*}"; do :; done; exit 3';
  const { status, stdout, stderr } = await launcher.script(remove, { options: ['--job-id', '31'], env });
  assert.deepEqual([status, stdout.toString()], [137, 'begun\n'], stderr);
  assert.match(stderr, /^emissary: The job has removed its own volume, and the results on it$/m);
  const [row] = database.query<{ exitcode: number; end: string | null }>(
    'select exitcode, "end" from job where id = 31',
  );
  assert.deepEqual([row?.exitcode, row?.end === null], [137, false]);
  assert.deepEqual(launcher.left(), []);
});

test('native: a job that cannot be removed is told with the reason, and cleaned later', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null || !requireRoot(t) || !requireProgram(t, 'unshare')) return;
  // A mount that only this launcher sees.
  const script = 'cd "$(dirname "$PROGRESS_FILE")"; mkdir busy; mount -t tmpfs none busy; exit 2';
  const options = ['--job-id', '32', '--report', 'none'];
  const { status, stderr } = await launcher.script(script, { options, under: ['unshare', '--mount'] });
  assert.equal(status, 2);
  assert.match(stderr, /^emissary: Cannot remove [^\n]*\/jobs\/job-32: [^\n]*busy[^\n]*\n$/);
  const clean = await launcher.verb(['list', '--clean']);
  assert.equal(clean.stderr, 'emissary: job-32: finished (2)\n');
  assert.deepEqual(launcher.left(), []);
});
