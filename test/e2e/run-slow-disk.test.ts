import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { launched } from '../helpers/bootstrapped.ts';
import type { Running } from '../helpers/emissary.ts';
import { withDisk } from '../helpers/frozen-disk.ts';
import { installedVolume } from '../helpers/installed.ts';
import { keptBy, runJob, startJob, startReadyJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const MiB = 1024 * 1024;
/** The emissary's own memory limit, whatever the disk does. */
const memoryBound = 64 * MiB;

test('a frozen disk blocks the job without using memory, and loses no byte of either stream', async (t) => {
  await withDisk(t, async ({ root, freeze, thaw }) => {
    const length = 96 * MiB;
    // Each line has its number, on standard output and, every hundredth, on standard error.
    const print = `my ($n, $at) = (0, 0);
      while ($at < ${length}) {
        my $line = sprintf("%015d\\n", $n++) x 64;
        print $line; print STDERR $line if $n % 100 == 0; $at += length $line;
      }
      exit 3;`;
    const job = startJob(t, ['perl', '-e', print], { root, options: ['--combined'] });
    await until('some output has come', () => job.stdout().length > MiB);
    freeze();
    const printed = await heldUp(job);
    assert.ok(printed < length, 'the job printed all before the disk stood still');
    assert.ok(!ended(job));
    const memory = anonymousMemory(job.pid);
    assert.ok(memory < memoryBound, `${memory} bytes`);
    thaw();
    const { status, stdout, stderr } = await job.finished;
    assert.deepEqual([status, job.kept.text('exitcode')], [3, '3']);
    assert.ok(stdout.equals(job.kept.bytes('stdout')) && stdout.length >= length);
    assert.equal(stderr, job.kept.text('stderr'));
    const { stdout: one, stderr: two } = job.kept.result();
    assert.deepEqual([one.truncated, two.truncated, one.bytes], [false, false, stdout.length]);
    assert.deepEqual(timelineSums(job.kept.text('timeline')), [one.bytes, two.bytes]);
    assert.equal(job.kept.bytes('combined').length, one.bytes + two.bytes);
  });
});

test('TERM reaches the job while the disk is frozen, and its last output is captured', async (t) => {
  await withDisk(t, async ({ root, freeze, thaw }) => {
    const asked = join(temporaryVolume(t), 'asked');
    const script = `trap ': >"$0"; echo; echo the last words; exit 9' TERM; while head -c 65536 /dev/zero; do :; done`;
    const job = startJob(t, ['sh', '-c', script, asked], { root, options: ['--grace', '60'] });
    await until('some output has come', () => job.stdout().length > MiB);
    freeze();
    // The shell handles signals when `head`, which is blocked, has exited: it is in the group and gets TERM, too.
    await heldUp(job);
    job.kill('SIGTERM');
    await until('the job has got it', () => existsSync(asked));
    assert.ok(!ended(job));
    thaw();
    const { status, stdout } = await job.finished;
    assert.deepEqual([status, job.kept.text('exitcode'), job.kept.result().verdict], [9, '9', 'terminated']);
    assert.ok(stdout.subarray(-16).toString().endsWith('the last words\n'));
    assert.ok(stdout.equals(job.kept.bytes('stdout')));
  });
});

test('a request written while the disk was frozen is obeyed when it thaws', async (t) => {
  await withDisk(t, async ({ root, freeze, thaw }) => {
    const job = await startReadyJob(t, ['sh', '-c', 'echo ready; exec sleep 600'], { root });
    await until('the job has started', () => job.kept.has('started'));
    freeze();
    const request = leaveRequest(t, job.kept.path('signal'));
    await until('the request waits for the disk', () => stateOf(request) === 'D');
    thaw();
    const { status } = await job.finished;
    assert.deepEqual(
      [status, job.kept.result().message],
      [143, 'The job was killed by SIGTERM, after SIGTERM was requested'],
    );
  });
});

test('a job that times out while the disk is frozen is stopped then, and sealed when it thaws', async (t) => {
  await withDisk(t, async ({ root, freeze, thaw }) => {
    const options = ['--timeout', '10', '--grace', '0.1'];
    const job = startJob(t, ['sh', '-c', 'trap "" TERM; while head -c 65536 /dev/zero; do :; done'], {
      root,
      options,
    });
    const { pid } = JSON.parse(await until('the job has started', () => job.kept.text('started'))) as {
      pid: number;
    };
    await until('some output has come', () => job.stdout().length > MiB);
    freeze();
    await until('the job has been ended', () => !existsSync(`/proc/${pid}`));
    assert.ok(!job.kept.has('exitcode') && !ended(job));
    thaw();
    const { status, stdout } = await job.finished;
    assert.deepEqual(
      [status, job.kept.text('exitcode'), job.kept.result().verdict],
      [137, '137', 'timedOut'],
    );
    assert.ok(stdout.equals(job.kept.bytes('stdout')));
  });
});

for (const [what, signal, script, expected] of [
  ['runs', 'SIGCONT', 'echo ran; exit 3', { status: 3, printed: 'ran\n' }],
  ['does not run after a TERM', 'SIGTERM', 'sleep 600; echo ran', { status: 143, printed: '' }],
] as const) {
  test(`a job whose volume is frozen from the start ${what} when it thaws`, async (t) => {
    await withDisk(t, async ({ root, freeze, thaw }) => {
      const { program } = await installedVolume(t);
      freeze();
      const job = startJob(t, ['sh', '-c', script], { root, program });
      // A starting program also blocks on reading its file: a signal would kill it then.
      await launched(job.pid);
      await until('the emissary waits for the disk', () => stateOf(job.pid) === 'D');
      job.kill(signal);
      thaw();
      const { status, stdout } = await job.finished;
      assert.deepEqual({ status, printed: stdout.toString() }, expected);
      assert.equal(job.kept.text('exitcode'), String(status));
    });
  });
}

test('an emissary that was killed while the disk was frozen leaves no seal, and another can follow it', async (t) => {
  await withDisk(t, async ({ root, freeze, thaw }) => {
    const job = startJob(t, ['sh', '-c', 'while head -c 65536 /dev/zero; do :; done'], { root });
    await until('some output has come', () => job.stdout().length > MiB);
    freeze();
    await heldUp(job);
    job.kill('SIGKILL');
    thaw();
    assert.equal((await job.finished).signal, 'SIGKILL');
    assert.ok(!keptBy(root).has('exitcode'));
    const next = startJob(t, ['sh', '-c', 'exit 4'], { root });
    assert.deepEqual([(await next.finished).status, next.kept.text('exitcode')], [4, '4']);
  });
});

test('a job whose volume fails continues to its end, its output is forwarded, and the missing seal is reported', async (t) => {
  await withDisk(t, async ({ root, breakDown }) => {
    const script = 'echo ready; read -r _; head -c 1000000 /dev/zero; exit 5';
    const job = await startReadyJob(t, ['sh', '-c', script], { root, stdin: 'pipe' });
    await until('the job has started', () => job.kept.has('started'));
    breakDown();
    job.process.stdin?.end('\n');
    const { status, stdout, stderr } = await job.finished;
    assert.deepEqual([status, stdout.length], [5, 1_000_006]);
    assert.match(
      stderr,
      /no more output is captured in .*stdout: the volume is mounted read-only; the job continues\n/,
    );
    assert.match(stderr, /emissary: Cannot seal .*: EROFS: read-only file system, [^\n]*\n$/);
  });
});

test('a job that write-protects the reserves is sealed with other files', async (t) => {
  await withDisk(t, async ({ root }) => {
    const script = 'chattr +a "$0"/.exitcode.reserve "$0"/.result.json.reserve || exit 99; exit 3';
    const { status, kept } = await runJob(t, ['sh', '-c', script, join(root, 'ctr/main')], { root });
    assert.deepEqual([status, kept.text('exitcode'), kept.result().verdict], [3, '3', 'failed']);
  });
});

/** Waits until a job that prints endlessly is blocked; returns how much it has printed by then. */
async function heldUp(job: Running): Promise<number> {
  let [last, since] = [-1, Date.now()];
  return until('the job is held up', () => {
    const now = job.stdout().length;
    if (now !== last) [last, since] = [now, Date.now()];
    return Date.now() - since > 300 && now;
  });
}

function ended({ process }: Running): boolean {
  return process.exitCode !== null || process.signalCode !== null;
}

/** The process's private memory in bytes. */
function anonymousMemory(pid: number): number {
  const [, kib] = /^RssAnon:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

function stateOf(pid: number): string {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3);
}

/** Writes a request from a separate process, which may block on the disk. */
function leaveRequest(t: TestContext, path: string): number {
  const writer = spawn('sh', ['-c', 'echo TERM >"$0"', path]);
  t.after(() => writer.kill('SIGKILL'));
  return writer.pid ?? -1;
}

/** Bytes of both streams according to the timeline. */
function timelineSums(text: string): readonly number[] {
  const sums = [0, 0];
  for (const [, stream, bytes] of text.matchAll(/^[0-9]+ ([12]) ([0-9]+)$/gm)) {
    const index = Number(stream) - 1;
    sums[index] = (sums[index] ?? 0) + Number(bytes);
  }
  return sums;
}
