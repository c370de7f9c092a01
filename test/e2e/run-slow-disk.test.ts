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
/** What the emissary may have for itself, whatever the disk does. */
const memoryBound = 64 * MiB;

test('a disk that stands still holds the job, not the memory, and no byte is lost on either stream', async (t) => {
  await withDisk(t, async ({ root, freeze, thaw }) => {
    const length = 96 * MiB;
    // Each line says where it stands, on standard output and, every hundredth, on standard error.
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

test('TERM reaches the job while the disk stands still, and what it prints then is kept', async (t) => {
  await withDisk(t, async ({ root, freeze, thaw }) => {
    const asked = join(temporaryVolume(t), 'asked');
    const script = `trap ': >"$0"; echo; echo the last words; exit 9' TERM; while head -c 65536 /dev/zero; do :; done`;
    const job = startJob(t, ['sh', '-c', script, asked], { root, options: ['--grace', '60'] });
    await until('some output has come', () => job.stdout().length > MiB);
    freeze();
    // The shell looks at its signals when `head`, which is held, has ended: it is in the group, and gets TERM too.
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

test('a request that was left while the disk stood still is obeyed when it goes on', async (t) => {
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
      [143, 'The job was ended by SIGTERM, after SIGTERM was requested'],
    );
  });
});

test('a job whose time is up while the disk stands still is ended then, and sealed when it goes on', async (t) => {
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
  ['is run', 'SIGCONT', 'echo ran; exit 3', { status: 3, printed: 'ran\n' }],
  ['that got TERM meanwhile is not run on', 'SIGTERM', 'sleep 600; echo ran', { status: 143, printed: '' }],
] as const) {
  test(`a job whose volume stands still from the beginning ${what} when it goes on`, async (t) => {
    await withDisk(t, async ({ root, freeze, thaw }) => {
      const { program } = await installedVolume(t);
      freeze();
      const job = startJob(t, ['sh', '-c', script], { root, program });
      // A program that starts waits in the same way for what it is read from: a signal would end it then.
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

test('an emissary that was KILLed while the disk stood still has left no seal, and can be followed by another', async (t) => {
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

test('a job whose volume breaks down goes on to its end, all is passed on, and the missing seal is told', async (t) => {
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
      /no more output is kept in .*stdout: EROFS: read-only file system, write; the job goes on\n/,
    );
    assert.match(stderr, /emissary: Cannot seal .*: EROFS: read-only file system, [^\n]*\n$/);
  });
});

test('a job that lets nobody change what is kept for its end is sealed by other files', async (t) => {
  await withDisk(t, async ({ root }) => {
    const script = 'chattr +a "$0"/.exitcode.reserve "$0"/.result.json.reserve || exit 99; exit 3';
    const { status, kept } = await runJob(t, ['sh', '-c', script, join(root, 'ctr/main')], { root });
    assert.deepEqual([status, kept.text('exitcode'), kept.result().verdict], [3, '3', 'failed']);
  });
});

/** Waits until a job that prints without end prints no more; how much has come then. */
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

/** What the process has in memory that is no file's, bytes. */
function anonymousMemory(pid: number): number {
  const [, kib] = /^RssAnon:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

function stateOf(pid: number): string {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3);
}

/** Leaves a request from a process of its own, which may have to wait for the disk. */
function leaveRequest(t: TestContext, path: string): number {
  const writer = spawn('sh', ['-c', 'echo TERM >"$0"', path]);
  t.after(() => writer.kill('SIGKILL'));
  return writer.pid ?? -1;
}

/** Bytes of both streams that a timeline tells of. */
function timelineSums(text: string): readonly number[] {
  const sums = [0, 0];
  for (const [, stream, bytes] of text.matchAll(/^[0-9]+ ([12]) ([0-9]+)$/gm)) {
    const index = Number(stream) - 1;
    sums[index] = (sums[index] ?? 0) + Number(bytes);
  }
  return sums;
}
