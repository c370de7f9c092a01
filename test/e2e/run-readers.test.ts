import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture } from '../helpers/fixture.ts';
import { runJob, startJob } from '../helpers/job.ts';
import { seeded } from '../helpers/seeded.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const MiB = 1024 * 1024;
/** The emissary's own memory limit, whatever the reader does. */
const memoryBound = 64 * MiB;

test('a slow reader gets everything that was printed just before the end', async (t) => {
  const length = 4 * MiB;
  const job = startJob(t, ['sh', '-c', `head -c ${length} /dev/zero; exit 3`]);
  const output = job.process.stdout;
  output?.on('data', () => {
    output.pause();
    setTimeout(() => output.resume(), 2);
  });
  const { status, stdout } = await job.finished;
  assert.deepEqual([status, stdout.length], [3, length]);
  assert.equal(statSync(job.kept.path('stdout')).size, length);
});

test('a reader that starts late gets everything through a pipe', async (t) => {
  const under = ['sh', '-c', '"$@" | { sleep 0.3; cat; }', 'sh'];
  const { stdout, kept } = await runJob(t, ['head', '-c', String(4 * MiB), '/dev/zero'], { under });
  assert.equal(stdout.length, 4 * MiB);
  assert.equal(kept.text('exitcode'), '0');
});

test("every byte reaches a pipe reader and the file, whatever the piece sizes and the reader's speed", async (t) => {
  const { seed } = seeded(t);
  const job = `srand(${seed}); $| = 1; my $n = 0;
    while ($n < ${16 * MiB}) {
      my $piece = join('', map { pack('N', $n++) } 1 .. 1 + int(rand(rand() < 0.5 ? 100 : 60_000)));
      $n += length $piece;
      print {rand() < 0.9 ? *STDOUT : *STDERR} $piece;
      select(undef, undef, undef, 0.001) if rand() < 0.1;
    }`;
  const reader = `srand(${seed}); $| = 1; my $piece;
    while (sysread(STDIN, $piece, 1 + int(rand(rand() < 0.5 ? 5_000 : 500_000)))) {
      print $piece;
      select(undef, undef, undef, 0.002) if rand() < 0.1;
    }`;
  const under = ['sh', '-c', `"$@" | perl -e '${reader}'`, 'sh'];
  const { stdout, stderr, kept } = await runJob(t, ['perl', '-e', job], { under });
  assert.ok(stdout.length > MiB && stdout.equals(kept.bytes('stdout')));
  assert.equal(stderr, kept.text('stderr'));
});

test('a stalled pipe reader blocks the job; after a stop the captured output is complete', async (t) => {
  const under = ['sh', '-c', '"$@" | { head -c 100000 >/dev/null; exec sleep 1000; }', 'sh'];
  const job = startJob(t, ['sh', '-c', 'trap "exit 9" TERM; while :; do head -c 1000000 /dev/zero; done'], {
    under,
  });
  await stalled(() => (job.kept.has('stdout') ? statSync(job.kept.path('stdout')).size : 0));
  writeFileSync(job.kept.path('signal'), 'TERM');
  await job.kept.sealed();
  const { verdict, stdout } = job.kept.result();
  assert.equal(verdict, 'terminated');
  assert.equal(stdout.bytes, statSync(job.kept.path('stdout')).size);
});

test('a stalled reader blocks the job without using memory; signals and the seal still work', async (t) => {
  const job = startJob(t, [
    'sh',
    '-c',
    'echo ready; trap "exit 9" TERM; while :; do head -c 1000000 /dev/zero; done',
  ]);
  job.process.stdout?.once('data', () => job.process.stdout?.pause());
  const size = await stalled(() => statSync(job.kept.path('stdout')).size);
  assert.ok(size < 16 * MiB, `${size} bytes were kept`);
  const memory = anonymousMemory(job.pid);
  assert.ok(memory < memoryBound, `${memory} bytes`);
  job.kill('SIGTERM');
  await job.kept.sealed();
  const { verdict, stdout } = job.kept.result();
  assert.equal(verdict, 'terminated');
  assert.equal(stdout.bytes, statSync(job.kept.path('stdout')).size);
  job.process.stdout?.resume();
  await job.finished;
});

test('a stalled reader of one stream does not block the other', async (t) => {
  const job = startJob(t, [
    'sh',
    '-c',
    '(head -c 20000000 /dev/zero >&2; echo over >&2) & echo one; sleep 0.3; echo two; wait',
  ]);
  job.process.stderr?.once('data', () => job.process.stderr?.pause());
  await until('both lines', () => job.stdout().toString() === 'one\ntwo\n');
  job.process.stderr?.resume();
  const { status } = await job.finished;
  assert.deepEqual([status, job.kept.result().stderr.bytes], [0, 20_000_005]);
});

test('the job continues after its reader has closed the pipe, and the files are complete', async (t) => {
  const job = startJob(
    t,
    ['sh', '-c', 'echo ready; read -r _; head -c 3000000 /dev/zero; echo said >&2; exit 6'],
    {
      stdin: 'pipe',
    },
  );
  await until('the job is ready', () => job.stdout().includes('ready\n'));
  job.process.stdout?.destroy();
  job.process.stdin?.end('\n');
  const { status, stderr } = await job.finished;
  assert.deepEqual([status, stderr], [6, 'said\n']);
  assert.equal(job.kept.bytes('stdout').length, 3_000_006);
  assert.deepEqual(job.kept.result().stdout, { bytes: 3_000_006, truncated: false });
});

test('the job continues after both readers have closed their pipes', async (t) => {
  const under = ['sh', '-c', '"$@" 2>&1 | head -c 10 >/dev/null', 'sh'];
  const { kept } = await runJob(t, ['sh', '-c', 'seq 100000; seq 100000 >&2; exit 2'], { under });
  assert.equal(kept.text('exitcode'), '2');
  assert.equal(kept.bytes('stderr').length, kept.bytes('stdout').length);
});

for (const [what, redirection] of [
  ['standard output', '>&-'],
  ['standard error', '2>&-'],
  ['every standard stream', '<&- >&- 2>&-'],
] as const) {
  test(`run works if ${what} is closed`, async (t) => {
    const under = ['sh', '-c', `exec "$@" ${redirection}`, 'sh'];
    const { status, kept } = await runJob(t, ['sh', '-c', 'echo out; echo err >&2; exit 8'], { under });
    assert.deepEqual([status, kept.text('stdout'), kept.text('stderr')], [8, 'out\n', 'err\n']);
  });
}

test('run appends the forwarded output to a file', async (t) => {
  const all = join(temporaryVolume(t), 'all');
  const under = ['sh', '-c', 'out="$0"; { echo before; "$@"; echo after; } >"$out" 2>&1; cat "$out"', all];
  const bothPassedOn = 'until grep -qx out "$0" && grep -qx err "$0"; do sleep 0.01; done';
  const script = `echo out; echo err >&2; ${bothPassedOn}; echo out`;
  const { stdout } = await runJob(t, ['sh', '-c', script, all], { under });
  assert.match(stdout.toString(), /^before\n(out\nerr|err\nout)\nout\nafter\n$/);
});

test('the emissary of an idle job stays within its memory limit', async (t) => {
  const job = startJob(t, [fixture('waits.sh')]);
  await until('the job is ready', () => job.stdout().includes('ready\n'));
  const memory = anonymousMemory(job.pid);
  assert.ok(memory < memoryBound, `${memory} bytes`);
  job.kill('SIGTERM');
  await job.finished;
});

/** Waits until a growing number has stopped growing for a while. */
async function stalled(look: () => number): Promise<number> {
  let [last, since] = [-1, Date.now()];
  await until('it stands still', () => {
    const now = look();
    if (now !== last) [last, since] = [now, Date.now()];
    return now > 0 && Date.now() - since > 300;
  });
  return last;
}

/** The process's private memory in bytes (proc(5), RssAnon). */
function anonymousMemory(pid: number): number {
  return 1024 * Number(/^RssAnon:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
