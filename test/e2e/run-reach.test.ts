import assert from 'node:assert/strict';
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { startJob, startReadyJob } from '../helpers/job.ts';
import { endTree } from '../helpers/kill-tree.ts';
import { requireProgram, requireRoot } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const plainUser = { uid: 12345, gid: 12345 };

test("run gives up a plain user's job that has become root, with a warning: stopped by a signal", async (t) => {
  const job = await becomesRoot(t, ['--grace', '1']);
  if (job === null) return;
  job.kill('SIGUSR1');
  await until('the warning is logged', () => job.stderr().includes('SIGUSR1'));
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 137);
  assert.equal(job.kept.text('exitcode'), '137');
  const { verdict, exitCode, signal, origin, message, attempts } = job.kept.result();
  assert.deepEqual([verdict, exitCode, signal, origin, attempts.length], ['terminated', 137, null, 'job', 1]);
  assert.match(message ?? '', /^The job could not be killed and may still run, .*another user.*SIGTERM$/);
  const said = job
    .stderr()
    .match(/cannot send SIG\w+ to the job: its process [0-9]+ now runs as another user,/g);
  assert.equal(said?.length, 1, job.stderr());
  assert.equal(job.kept.text('stdout'), 'ready\n');
});

test("run gives up a plain user's job that has become root, with a warning: timed out", async (t) => {
  const job = await becomesRoot(t, ['--timeout', '1', '--grace', '1']);
  if (job === null) return;
  assert.equal((await job.finished).status, 137);
  const { verdict, exitCode, message } = job.kept.result();
  assert.deepEqual([verdict, exitCode], ['timedOut', 137]);
  assert.match(message ?? '', /^Timed out: the job could not be killed and may still run/);
});

test("run terminates a plain user's job whose child has become root, and gives up waiting for the child", async (t) => {
  const become = rootMaker(t);
  if (become === null) return;
  const script =
    'echo $$; "$0" --reuid 0 --regid 0 --clear-groups sh -c "echo ready; exec sleep 3600" & wait';
  const job = startJob(t, ['sh', '-c', script, become], plainUser);
  await until('the child runs', () => job.stdout().includes('ready\n'));
  const [shell] = job.stdout().toString().split('\n');
  atEnd(t, () => endGroup(Number(shell)));
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 143);
  assert.match(job.stderr(), /a process that the job left behind cannot be killed/);
  assert.equal(job.kept.text('exitcode'), '143');
});

for (const [what, move] of [
  [
    'has moved to another group',
    'my $c = fork // die; $c || exec "sleep", "3600"; setpgrp $c, $c; setpgrp 0, $c;',
  ],
  ['leads its group', ''],
] as const) {
  test(`run sends each signal once to a main process that ${what}`, async (t) => {
    if (!requireProgram(t, 'perl')) return;
    const script = `$| = 1; ${move} $SIG{USR1} = sub { print "USR1\\n" }; $SIG{TERM} = sub { print "TERM\\n" }; $SIG{USR2} = sub { exit 9 }; print "ready\\n"; sleep 1 while 1`;
    const job = await startReadyJob(t, ['perl', '-e', script]);
    job.kill('SIGUSR1');
    await until('the first', () => job.stdout().includes('USR1\n'));
    job.kill('SIGTERM');
    await until('the second', () => job.stdout().includes('TERM\n'));
    job.kill('SIGUSR2');
    assert.equal((await job.finished).status, 9);
    assert.equal(job.stdout().toString(), 'ready\nUSR1\nTERM\n');
  });
}

test('run kills a main process that has moved to another group after the grace', async (t) => {
  if (!requireProgram(t, 'perl')) return;
  const script =
    '$| = 1; my $c = fork // die; $c || exec "sleep", "3600"; setpgrp $c, $c; setpgrp 0, $c; $SIG{TERM} = "IGNORE"; print "ready\\n"; sleep 1 while 1';
  const job = await startReadyJob(t, ['perl', '-e', script], { options: ['--grace', '1'] });
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 137);
});

/** A plain user's job that has become root and prints "ready"; null after the test was skipped. */
async function becomesRoot(t: TestContext, options: readonly string[]) {
  const become = rootMaker(t);
  if (become === null) return null;
  const args = [become, '--reuid', '0', '--regid', '0', '--clear-groups'];
  const job = await startReadyJob(t, [...args, 'sh', '-c', 'echo ready; exec sleep 3600'], {
    ...plainUser,
    options,
  });
  const { pid } = JSON.parse(job.kept.text('started')) as { readonly pid: number };
  atEnd(t, () => endTree(pid));
  return job;
}

/** A set-user-ID program that makes its caller root. */
function rootMaker(t: TestContext): string | null {
  if (!requireRoot(t) || !requireProgram(t, 'setpriv')) return null;
  const path = join(temporaryVolume(t), 'become-root');
  copyFileSync('/usr/bin/setpriv', path);
  chmodSync(path, 0o4755);
  return path;
}

function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // The group is empty.
  }
}
