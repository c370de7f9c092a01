import assert from 'node:assert/strict';
import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { execa } from 'execa';
import { fixture } from '../helpers/fixture.ts';
import { runJob, startReadyJob } from '../helpers/job.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';

test('a killed emissary leaves no seal, and its FIFO reports its death at once', async (t) => {
  const job = await startReadyJob(t, [fixture('waits.sh')]);
  const { pid } = JSON.parse(job.kept.text('started'));
  t.after(() => process.kill(-pid, 'SIGKILL'));
  const alive = openSync(
    job.kept.path('alive'),
    constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW,
  );
  t.after(() => closeSync(alive));
  assert.equal(look(alive), 'alive');
  job.kill('SIGKILL');
  // Its job lives on and holds the emissary's standard output open, so only the process's exit counts.
  await new Promise((resolve) => job.process.once('exit', resolve));
  assert.equal(look(alive), 'gone');
  assert.deepEqual([job.kept.has('exitcode'), job.kept.has('result.json')], [false, false]);
});

test('the FIFO is locked while the emissary lives, and unlocked as soon as it is dead', async (t) => {
  if (!requireProgram(t, 'flock')) return;
  const job = await startReadyJob(t, [fixture('waits.sh')]);
  const { pid } = JSON.parse(job.kept.text('started'));
  t.after(() => process.kill(-pid, 'SIGKILL'));
  const free = async () => {
    const command = 'exec 9<>"$0" && flock --nonblock 9';
    return (await execa('sh', ['-c', command, job.kept.path('alive')], { reject: false })).exitCode === 0;
  };
  assert.equal(await free(), false);
  job.kill('SIGKILL');
  await new Promise((resolve) => job.process.once('exit', resolve));
  assert.equal(await free(), true);
});

test('run takes over a container whose emissary was killed', async (t) => {
  const job = await startReadyJob(t, [fixture('waits.sh')]);
  const { pid } = JSON.parse(job.kept.text('started'));
  job.kill('SIGKILL');
  process.kill(-pid, 'SIGKILL');
  await job.finished;
  const again = await runJob(t, ['echo', 'again'], { root: job.kept.root });
  assert.deepEqual(
    [again.status, again.kept.text('exitcode'), again.kept.text('stdout')],
    [0, '0', 'again\n'],
  );
});

test('other users can open the FIFO', async (t) => {
  const { kept } = await runJob(t, ['true'], { under: ['sh', '-c', 'umask 077; exec "$@"', 'sh'] });
  const { mode } = statSync(kept.path('alive'));
  assert.deepEqual([mode & constants.S_IFMT, mode & 0o777], [constants.S_IFIFO, 0o666]);
});

test('run replaces anything in place of its FIFO', async (t) => {
  const first = await runJob(t, ['true']);
  await execa`rm ${first.kept.path('alive')}`;
  await execa`ln -s /etc/passwd ${first.kept.path('alive')}`;
  const { status } = await runJob(t, ['true'], { root: first.kept.root });
  assert.deepEqual([status, statSync(first.kept.path('alive')).isFIFO()], [0, true]);
});

test('the FIFO of a sealed container reports that its emissary has exited', async (t) => {
  const job = await startReadyJob(t, [fixture('waits.sh')]);
  const alive = openSync(job.kept.path('alive'), constants.O_RDONLY | constants.O_NONBLOCK);
  t.after(() => closeSync(alive));
  job.kill('SIGTERM');
  await job.finished;
  await until('it is gone', () => look(alive) === 'gone');
});

function look(file: number): 'alive' | 'gone' {
  try {
    assert.equal(readSync(file, Buffer.alloc(1)), 0);
    return 'gone';
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
    return 'alive';
  }
}
