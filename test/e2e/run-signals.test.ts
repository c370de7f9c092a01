import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture } from '../helpers/fixture.ts';
import { runJob, startJob, startReadyJob } from '../helpers/job.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';

/** All but those that cannot be caught, report a fault of the receiver or belong to the C library, and CHLD. */
const kept = new Set([4, 7, 8, 9, 11, 13, 17, 19, 25, 32, 33]);
const forwardable = Array.from({ length: 64 }, (_, index) => index + 1).filter((signal) => !kept.has(signal));

test('run forwards every forwardable signal once to the job and its child', async (t) => {
  const job = await startReadyJob(t, [fixture('tells-signals.sh')]);
  const told = () => job.stdout().toString().trim().split('\n').slice(1).sort();
  // A pending CONT and the pending stop signals cancel each other (signal(7)).
  process.kill(job.pid, 'SIGCONT');
  await until('CONT was told', () => told().length >= 2);
  for (const signal of forwardable.filter((number) => number !== 18)) process.kill(job.pid, signal);
  await until('all signals were told', () => told().length >= 2 * forwardable.length);
  const expected = forwardable.flatMap((signal) => [`child ${signal}`, `job ${signal}`]).sort();
  assert.deepEqual(told(), expected);
  // One more signal, to be sure that no other arrives twice.
  job.kill('SIGUSR1');
  await until('the last signal was told', () => told().length >= expected.length + 2);
  assert.deepEqual(told(), [...expected, 'child 10', 'job 10'].sort());
});

test('run does not forward CHLD', async (t) => {
  const script =
    'trap "echo CHLD" CHLD; trap "echo USR1; exit" USR1; echo ready; while read -r _; do :; done';
  const job = await startReadyJob(t, ['bash', '-c', script], { stdin: 'pipe' });
  job.kill('SIGCHLD');
  job.kill('SIGUSR1');
  assert.equal((await job.finished).stdout.toString(), 'ready\nUSR1\n');
});

test('run forwards a signal to a child whose shell ignores it', async (t) => {
  const child = 'trap "echo the child got it; exit" USR1; echo trapped; while :; do sleep 0.02; done';
  const script = `sh -c '${child}' & trap '' USR1; echo ignored; wait; echo the shell goes on`;
  const job = startJob(t, ['sh', '-c', script]);
  await until('both are ready', () => /trapped\n/.test(said()) && /ignored\n/.test(said()));
  job.kill('SIGUSR1');
  const { status } = await job.finished;
  assert.equal(status, 0);
  assert.match(said(), /^(trapped\nignored|ignored\ntrapped)\nthe child got it\nthe shell goes on\n$/);

  function said(): string {
    return job.stdout().toString();
  }
});

test('run continues if a forwarded signal does not kill the job', async (t) => {
  const job = await startReadyJob(t, [
    'sh',
    '-c',
    'trap got=it INT; echo ready; until [ "$got" ]; do sleep 0.02; done; exit 0',
  ]);
  job.kill('SIGINT');
  const { status, kept } = { ...(await job.finished), kept: job.kept };
  assert.deepEqual([status, kept.result().verdict, kept.result().message], [0, 'succeeded', null]);
});

test('run reports a job as terminated if a forwarded signal killed it', async (t) => {
  const job = await startReadyJob(t, [fixture('waits.sh')]);
  job.kill('SIGINT');
  assert.equal((await job.finished).status, 130);
  const { verdict, exitCode, signal, origin, message } = job.kept.result();
  assert.deepEqual([verdict, exitCode, signal, origin], ['terminated', 130, 'SIGINT', 'job']);
  assert.equal(message, 'The job was killed by SIGINT, after SIGINT was forwarded to it');
});

test('run supports job control: CONT continues a stopped job', async (t) => {
  const job = await startReadyJob(t, [
    'sh',
    '-c',
    'trap "echo on; exit 5" CONT; echo "ready"; kill -STOP $$',
  ]);
  const state = () => stateOf(JSON.parse(job.kept.text('started')).pid);
  await until('the job is stopped', async () => (await state()) === 'T');
  job.kill('SIGCONT');
  assert.equal((await job.finished).status, 5);
});

test('run terminates a stopped job', async (t) => {
  const job = await startReadyJob(t, ['sh', '-c', 'echo ready; kill -STOP $$']);
  const state = () => stateOf(JSON.parse(job.kept.text('started')).pid);
  await until('the job is stopped', async () => (await state()) === 'T');
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 143);
});

test("run stays with its job when the caller's whole process group gets the signal", async (t) => {
  if (!requireProgram(t, 'setsid')) return;
  const job = startJob(t, [fixture('exits-3-on-term.sh')], { detached: true });
  await until('the job says "ready"', () => job.stdout().includes('ready\n'));
  process.kill(-job.pid, 'SIGTERM');
  const { status, stdout } = await job.finished;
  assert.deepEqual([status, stdout.toString()], [3, 'ready\nstopping\n']);
});

test('run starts the job in its own process group', async (t) => {
  const { stdout } = await runJob(t, ['sh', '-c', 'cut -d" " -f1,5 /proc/$$/stat']);
  const [pid, group] = stdout.toString().trim().split(' ');
  assert.equal(group, pid);
});

async function stateOf(pid: number): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.[0] ?? '';
}
