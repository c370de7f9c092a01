import assert from 'node:assert/strict';
import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture } from '../helpers/fixture.ts';
import { runJob, startJob, startReadyJob } from '../helpers/job.ts';
import { requireProgram, requireRoot } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('a stalled reader of standard error does not delay a signal request, the grace, or the seal', async (t) => {
  const script = 'trap "" TERM; while :; do head -c 1000000 /dev/zero >&2; done';
  // A real pipe with a reader that never reads.
  const under = ['sh', '-c', '"$@" 2>&1 >/dev/null | sleep 600', 'sh'];
  const job = startJob(t, ['sh', '-c', script], { options: ['--grace', '0.1'], under });
  let [last, since] = [0, Date.now()];
  await until('the job is held up', () => {
    const now = job.kept.bytes('stderr').length;
    if (now !== last) [last, since] = [now, Date.now()];
    return now > 0 && Date.now() - since > 300;
  });
  writeFileSync(job.kept.path('signal'), 'TERM');
  assert.equal(await job.kept.sealed(), '137');
  assert.equal(job.kept.result().verdict, 'terminated');
});

test("run notices the job's end despite a flood of signals from the job", async (t) => {
  if (!requireProgram(t, 'perl')) return;
  // Real-time signals queue, and libuv's pipe for them holds a few thousand; SIGCHLD comes on top.
  const flood =
    '$SIG{NUM40} = "IGNORE"; until (-e $ARGV[0]) {} my $to = getppid; kill 40, $to for 1 .. 100_000; exit 7';
  const root = temporaryVolume(t);
  const started = join(root, 'ctr/main/started');
  const args = ['perl', '-e', flood, started];
  const { status, kept } = await runJob(t, args, { root });
  assert.deepEqual([status, kept.text('exitcode')], [7, '7']);
});

test("run supervises a job that uses up its user's process limit", async (t) => {
  if (!requireProgram(t, 'prlimit') || !requireRoot(t)) return;
  // No other process on the machine belongs to this user.
  const own = 20_000 + (process.pid % 40_000);
  // The shell exits when it cannot fork; its children stay, so that the emissary gets no thread.
  const script = 'while :; do sleep 60 & done; exit 3';
  const under = ['prlimit', '--nproc=60'];
  const { status, stderr, kept } = await runJob(t, ['sh', '-c', script], { under, uid: own, gid: own });
  assert.match(stderr, /fork/i);
  assert.equal(kept.text('exitcode'), String(status));
  assert.equal(kept.result().origin, 'job');
});

test('a limit of ten processes, including threads, is enough for a job and the emissary', async (t) => {
  if (!requireProgram(t, 'prlimit') || !requireRoot(t)) return;
  // No other process on the machine belongs to this user.
  const own = 100_001 + (process.pid % 40_000);
  const under = ['prlimit', '--nproc=10'];
  const { status, kept } = await runJob(t, ['sh', '-c', 'echo ran; exit 3'], { under, uid: own, gid: own });
  assert.deepEqual([status, kept.text('exitcode'), kept.text('stdout')], [3, '3', 'ran\n']);
});

for (const place of ['exitcode', 'result.json', '.exitcode.reserve', '.result.json.reserve']) {
  for (const [what, make] of Object.entries({
    directory: 'mkdir',
    'dangling link': 'ln -s /nowhere',
    FIFO: 'mkfifo',
  })) {
    test(`run seals a job that has put a ${what} in place of ${place}`, async (t) => {
      const root = temporaryVolume(t);
      const script = `read -r _; rm -f "$0"; ${make} "$0"; exit 3`;
      const job = startJob(t, ['sh', '-c', script, join(root, 'ctr/main', place)], { root, stdin: 'pipe' });
      await until('the job has started', () => job.kept.has('started'));
      job.process.stdin?.end('\n');
      assert.equal((await job.finished).status, 3);
      assert.equal(job.kept.text('exitcode'), '3');
      assert.equal(job.kept.result().message, 'The job exited with code 3');
    });
  }
}

for (const [what, script] of Object.entries({
  "removes its container's directory": 'rm -rf "$0/ctr/main"',
  'removes the directory of all containers': 'rm -rf "$0/ctr"',
  'replaces the directory of all containers by a file': 'mv "$0/ctr" "$0/x"; echo >"$0/ctr"',
  'replaces the directory of all containers by a link': 'mv "$0/ctr" "$0/x"; ln -s "$0/x" "$0/ctr"',
  "moves its container's directory away": 'mv "$0/ctr/main" "$0/ctr/other"',
  "replaces its container's directory by a file": 'rm -rf "$0/ctr/main"; echo >"$0/ctr/main"',
  "replaces its container's directory by a link": 'mv "$0/ctr/main" "$0/x"; ln -s "$0/x" "$0/ctr/main"',
  "replaces its container's directory by a dangling link":
    'rm -rf "$0/ctr/main"; ln -s /nowhere "$0/ctr/main"',
})) {
  test(`run seals a job that ${what}`, async (t) => {
    const root = temporaryVolume(t);
    const command = ['sh', '-c', `echo ready; read -r _; ${script}; exit 3`, root];
    const job = await startReadyJob(t, command, { root, stdin: 'pipe' });
    await until('the job has started', () => job.kept.has('started'));
    job.process.stdin?.end('\n');
    assert.equal((await job.finished).status, 3);
    assert.deepEqual([job.kept.text('exitcode'), job.kept.result().verdict], ['3', 'failed']);
    for (const place of ['ctr', 'ctr/main']) assert.ok(lstatSync(join(root, place)).isDirectory());
  });
}

for (const [what, script] of Object.entries({
  removed: 'rm -rf "$0/ctr/main"',
  replaced: 'mv "$0/ctr/main" "$0/ctr/old"; mkdir -p "$0/ctr/main"',
  'repeatedly replaced':
    'for n in 1 2 3 4 5; do mv "$0/ctr/main" "$0/ctr/old$n"; mkdir -p "$0/ctr/main"; done',
})) {
  test(`run receives a request after the job has ${what} its container's directory`, async (t) => {
    const root = temporaryVolume(t);
    const command = ['sh', '-c', `echo ready; read -r _; ${script}; echo done; exec sleep 60`, root];
    const job = await startReadyJob(t, command, { root, stdin: 'pipe' });
    await until('the job has started', () => job.kept.has('started'));
    job.process.stdin?.end('\n');
    await until('the directory is another', () => job.stdout().includes('done\n'));
    await until('a request can be left', () => {
      writeFileSync(job.kept.path('signal'), 'TERM');
      return true;
    });
    const { status } = await job.finished;
    assert.deepEqual([status, job.kept.result().verdict], [143, 'terminated']);
  });
}

test('run terminates a leftover whose first thread has exited', async (t) => {
  const leftover = fixture('ends-first-thread.ts');
  const script = '"$0" "$1" >/dev/null 2>&1 & until grep -q ") Z" /proc/$!/stat; do :; done; exit 4';
  const { status } = await runJob(t, ['sh', '-c', script, process.execPath, leftover]);
  assert.equal(status, 4);
});

test('an abandoned reader that resumes reading gets no secret', async (t) => {
  // A process that ignores TERM keeps the emissary alive after the seal; then the reader reads what the pipe holds.
  const deaf = '(trap "" TERM; while :; do sleep 1; done) >/dev/null 2>&1 &';
  const script = `${deaf} head -c 2150000 /dev/zero; exec yes "$MY_SECRET$MY_SECRET"`;
  const reader = 'until [ -e "$EMISSARY_ROOT/ctr/main/exitcode" ]; do sleep 0.02; done; cat';
  const under = ['sh', '-c', `"$@" | { ${reader}; }`, 'sh'];
  const env = { MY_SECRET: 'hunter2hunter2' };
  const job = startJob(t, ['sh', '-c', script], { under, env });
  await until('the job is held up', () => job.kept.bytes('stdout').length >= 1024 * 1024);
  writeFileSync(job.kept.path('signal'), 'TERM');
  const { stdout } = await job.finished;
  assert.ok(stdout.length > 64 * 1024, `${stdout.length} bytes came`);
  assert.ok(!stdout.includes('hunter2'));
});
