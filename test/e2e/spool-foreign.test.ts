import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { atEnd } from '../helpers/at-end.ts';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { runJob, startReadyJob } from '../helpers/job.ts';
import { endTree } from '../helpers/kill-tree.ts';
import { reportedJob, startWait } from '../helpers/reported-job.ts';
import { lacks, requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';
import { withMount } from '../helpers/with-mount.ts';

const isRoot = process.getuid?.() === 0;
const stranger = 54_321;

const foreign: Readonly<Record<string, (place: string, elsewhere: string) => void>> = {
  'a file': (place) => writeFileSync(place, ''),
  'a link': (place, elsewhere) => symlinkSync(elsewhere, place),
  'a directory that others may write to': (place) => {
    mkdirSync(place);
    chmodSync(place, 0o777);
  },
  "somebody else's directory": (place) => {
    mkdirSync(place);
    chownSync(place, stranger, stranger);
  },
};

for (const [what, make] of Object.entries(foreign)) {
  test(`wait sets aside a spool that is ${what}, logs it, and reports the job`, async (t) => {
    if (what.startsWith('somebody') && !isRoot) return lacks(t, 'only root makes directories of others');
    const job = reportedJob(t);
    make(join(job.root, 'report'), temporaryVolume(t));
    await runJob(t, ['sh', '-c', 'echo honest; exit 3'], { root: job.root });
    const { status, stderr } = await emissary(['wait', '--timeout', '60'], job);
    assert.match(stderr, /^emissary: [^\n]*\/report [^\n]* report\.aside-1[^\n]*\n$/);
    assert.deepEqual([status, job.row().exitcode], [0, 3]);
    assert.deepEqual(job.lines(), [{ seq: 1, type: 'stdout', line: 'honest\n' }]);
    assert.ok(readdirSync(job.root).includes('report.aside-1'));
    // The next reporter finds its own spool.
    const again = await emissary(['wait', '--timeout', '60'], job);
    assert.deepEqual([again.status, again.stderr, job.lines().length], [0, '', 1]);
  });
}

test("wait stops and reports the job although somebody else's spool is in the way and cannot be renamed", async (t) => {
  if (!isRoot) return lacks(t, 'only root makes directories of others');
  const job = reportedJob(t);
  const user = { uid: stranger, gid: stranger };
  chmodSync(job.root, 0o1777);
  mkdirSync(join(job.root, 'report'));
  const reporter = startEmissary(t, ['wait', '--timeout', '2', '--grace', '1'], { root: job.root, ...user });
  const running = await startReadyJob(t, ['sh', '-c', 'echo ready; exec sleep 600'], {
    root: job.root,
    ...user,
  });
  const { status, stdout, stderr } = await reporter.finished;
  assert.equal((await running.finished).status, 143);
  assert.match(stderr, /^emissary: [^\n]*\/report: it belongs to user 0[^\n]*in memory[^\n]*\n/);
  assert.deepEqual([status, JSON.parse(stdout.toString()).exitCode], [0, 143], stderr);
});

/** A process that is not an emissary holds the lock of the spool. */
async function holdLock(t: TestContext, root: string): Promise<void> {
  mkdirSync(join(root, 'report'), { mode: 0o700 });
  const held = join(temporaryVolume(t), 'held');
  const holder = spawn('flock', [join(root, 'report/lock'), 'sh', '-c', `: >${held}; exec sleep 600`]);
  atEnd(t, async () => {
    if (holder.pid !== undefined) await endTree(holder.pid);
  });
  await until('the lock is held', async () => (await execa('test', ['-e', held])).exitCode === 0);
}

for (const seen of [true, false]) {
  test(`wait reports the job although a stranger who is ${seen ? 'visible' : 'in another container'} holds the lock`, async (t) => {
    if (!requireProgram(t, 'flock')) return;
    const under = seen ? [] : ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
    if (!seen && (await execa('unshare', [...under.slice(1), 'true'], { reject: false })).exitCode !== 0)
      return lacks(t, 'a pid namespace cannot be made');
    const job = reportedJob(t);
    await holdLock(t, job.root);
    const reporter = startEmissary(t, ['wait', '--timeout', '4', '--grace', '1'], { ...job, under });
    const running = await startReadyJob(t, ['sh', '-c', 'echo ready; exec sleep 600'], { root: job.root });
    const { status, stderr } = await reporter.finished;
    assert.equal((await running.finished).status, 143);
    assert.match(stderr, /^emissary: [^\n]*\/report\/lock[^\n]*in memory[^\n]*\n/);
    assert.deepEqual([status, job.row().exitcode, job.lines().length], [0, 143, 1], stderr);
  });
}

test('wait reports the job on a volume without an inode left for a spool', async (t) => {
  const job = reportedJob(t);
  await withMount(t, { root: job.root, options: 'size=4m,nr_inodes=30' }, async () => {
    await runJob(t, ['sh', '-c', 'echo honest; exit 3'], { root: job.root });
    const fill = 'i=0; while : >"$0/$i"; do i=$((i+1)); done 2>/dev/null; true';
    await execa('bash', ['-c', fill, job.root]);
    const { status, stderr } = await emissary(['wait', '--timeout', '60'], job);
    assert.match(stderr, /^emissary: [^\n]*\/report[^\n]*in memory[^\n]*\n$/);
    assert.deepEqual([status, job.row().exitcode, job.lines().length], [0, 3, 1], stderr);
  });
});

/** The report that wait would have left for a successful job. */
function forgedReport(jobId: number, verdict = 'succeeded', exitCode = 0): string {
  const forged = { verdict, exitCode, message: null, pid: 1 };
  const containers = [{ name: 'main', ...forged, result: null }];
  return JSON.stringify({ version: 1, jobId, ...forged, started: null, containers });
}

for (const [what, forged] of [
  ['success', forgedReport(7)],
  ['loss', forgedReport(7, 'lost', 137)],
  ['success of no container', JSON.stringify({ ...JSON.parse(forgedReport(7)), containers: [] })],
  ['success of another job', forgedReport(8)],
] as const) {
  test(`wait ignores a report that the running job forged (${what})`, async (t) => {
    const job = reportedJob(t);
    const script = 'echo ready; read go; exit 5';
    const running = await startReadyJob(t, ['sh', '-c', script], { root: job.root, stdin: 'pipe' });
    mkdirSync(join(job.root, 'report'), { mode: 0o700 });
    writeFileSync(join(job.root, 'report/report.json'), forged);
    const reporter = await startWait(t, job);
    await until('the line is stored', () => job.lines().length === 1);
    assert.equal(job.row().exitcode, null);
    running.process.stdin?.end('go\n');
    const { status, stderr } = await reporter.finished;
    assert.match(stderr, /^emissary: [^\n]*report\.json[^\n]*\n$/);
    assert.deepEqual([status, job.row().exitcode], [0, 5]);
  });

  test(`neither wait nor report delivers a report as it is if it does not fit the volume (${what})`, async (t) => {
    const job = reportedJob(t);
    await runJob(t, ['sh', '-c', 'exit 5'], { root: job.root });
    mkdirSync(join(job.root, 'report'), { mode: 0o700 });
    writeFileSync(join(job.root, 'report/report.json'), forged);
    const delivered = await emissary(['report'], job);
    // A container given up as lost may have exited since: the seal corrects it.
    const isCorrected = what === 'loss';
    assert.deepEqual([delivered.status, job.row().exitcode], isCorrected ? [0, 5] : [64, null]);
    assert.equal((await emissary(['wait', '--timeout', '60'], job)).status, 0);
    assert.equal(job.row().exitcode, 5);
  });
}
