import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { launched } from '../helpers/bootstrapped.ts';
import { fixture } from '../helpers/fixture.ts';
import { installedVolume } from '../helpers/installed.ts';
import { type JobSetting, runJob, startJob, startReadyJob } from '../helpers/job.ts';
import { lacks } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const orphans = 1_000;
/** A new process namespace, where the program is PID 1. */
const alone = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

test('run as PID 1 reaps a thousand orphans while the job runs', async (t) => {
  const setting = await asFirst(t);
  if (setting === null) return;
  const job = await startReadyJob(t, [fixture('makes-orphans.sh'), String(orphans)], setting);
  const first = firstOf(job.pid);
  await until('nobody is left but the job', () => childrenOf(first).length === 1);
  assert.deepEqual(zombiesOf(first), []);
  process.kill(first, 'SIGTERM');
  assert.equal((await job.finished).status, 143);
  assert.equal(job.kept.result().verdict, 'terminated');
});

test('run reaps a thousand orphans when it is not PID 1', async (t) => {
  const job = await startReadyJob(t, [fixture('makes-orphans.sh'), String(orphans)]);
  await until('nobody is left but the job', () => childrenOf(job.pid).length === 1);
  assert.deepEqual(zombiesOf(job.pid), []);
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 143);
});

test('run as PID 1 obeys TERM at any moment, also before the job starts', async (t) => {
  const setting = await asFirst(t);
  if (setting === null) return;
  const root = setting.root ?? '';
  for (let round = 0; round < 10; round += 1) {
    const name = `round-${round}`;
    const job = startJob(t, ['sleep', '3600'], { ...setting, root, name });
    const first = await until('PID 1 is there', () => firstOf(job.pid));
    // Earlier, the signal would hit the child of unshare itself.
    await until(
      'the program runs',
      () => !readFileSync(`/proc/${first}/cmdline`, 'utf8').startsWith('unshare'),
    );
    await launched(first);
    process.kill(first, 'SIGTERM');
    // Not 137: it was not killed after the grace.
    assert.deepEqual([(await job.finished).status, job.kept.text('exitcode')], [143, '143']);
  }
});

test("run as PID 1 forwards signals and exits with the job's status", async (t) => {
  const setting = await asFirst(t);
  if (setting === null) return;
  const job = await startReadyJob(t, [fixture('exits-3-on-term.sh')], setting);
  process.kill(firstOf(job.pid), 'SIGTERM');
  const { status, stdout } = await job.finished;
  assert.deepEqual([status, stdout.toString()], [3, 'ready\nstopping\n']);
});

test('run adopts orphans when it is not PID 1, and terminates them with the job', async (t) => {
  const told = join(temporaryVolume(t), 'told');
  const orphan = `setsid sh -c 'echo $$; : >"$0"; exec sleep 3600' "$0"`;
  const script = `(${orphan} &); until [ -e "$0" ]; do sleep 0.01; done; exit 0`;
  const { status, stdout } = await runJob(t, ['sh', '-c', script, told]);
  assert.equal(status, 0);
  assert.throws(() => process.kill(Number(stdout.toString()), 0), { code: 'ESRCH' });
});

async function asFirst(t: TestContext): Promise<JobSetting | null> {
  const { exitCode } = await execa({ reject: false })`${alone} true`;
  if (exitCode !== 0) {
    lacks(t, 'a process namespace cannot be made');
    return null;
  }
  const { root, program } = await installedVolume(t);
  return { root, program, under: alone };
}

/** The process id, in our namespace, of the process that unshare started. */
function firstOf(unshare: number): number {
  const [first] = childrenOf(unshare);
  // A signal to process 0 would hit the tests themselves.
  assert.ok(first !== undefined, 'unshare has no child');
  return first;
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => fieldOf(pid, 1) === String(parent));
}

function zombiesOf(parent: number): readonly number[] {
  return childrenOf(parent).filter((pid) => fieldOf(pid, 0) === 'Z');
}

/** A field of /proc/…/stat after the name: 0 is the state, 1 the parent. */
function fieldOf(pid: number, index: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[index] ?? '';
  } catch {
    return ''; // It has exited.
  }
}
