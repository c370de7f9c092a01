import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { type Kept, runJob, startJob } from '../helpers/job.ts';
import { seeded } from '../helpers/seeded.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const MiB = 1024 * 1024;

test('run captures and forwards every byte: NUL, no newline, invalid UTF-8', async (t) => {
  const bytes = seeded(t).bytes(MiB);
  const { stdout, kept } = await runJob(t, ['cat'], { stdin: bytes });
  assert.ok(stdout.equals(bytes), 'passed on');
  assert.ok(kept.bytes('stdout').equals(bytes), 'kept');
  assert.deepEqual(kept.result().stdout, { bytes: MiB, truncated: false });
});

test('run captures 10 MiB without a newline', async (t) => {
  const { stdout, kept } = await runJob(t, ['head', '-c', String(10 * MiB), '/dev/zero']);
  assert.ok(stdout.equals(Buffer.alloc(10 * MiB)), 'passed on');
  assert.ok(kept.bytes('stdout').equals(stdout), 'kept');
});

test('run keeps the two streams separate', async (t) => {
  const job = await runJob(t, ['sh', '-c', 'for i in 1 2 3; do echo "out $i"; echo "err $i" >&2; done']);
  const [out, err] = ['out', 'err'].map((arg) => [1, 2, 3].map((i) => `${arg} ${i}\n`).join(''));
  assert.deepEqual([job.stdout.toString(), job.stderr], [out, err]);
  assert.deepEqual([job.kept.text('stdout'), job.kept.text('stderr')], [out, err]);
});

test('run seals a job without output', async (t) => {
  const { kept } = await runJob(t, ['true']);
  assert.deepEqual([kept.text('stdout'), kept.text('stderr'), kept.text('timeline')], ['', '', '']);
  assert.deepEqual(kept.result().stdout, { bytes: 0, truncated: false });
});

test('run lets the job open /dev/stdout and /dev/stderr', async (t) => {
  const { stdout, stderr } = await runJob(t, ['sh', '-c', 'echo out >/dev/stdout; echo err >/dev/stderr']);
  assert.deepEqual([stdout.toString(), stderr], ['out\n', 'err\n']);
});

test('run completes the files before the seal: 1 MB printed just before the end', async (t) => {
  const job = startJob(t, ['sh', '-c', 'seq 150000; seq 150000 >&2']);
  await job.kept.sealed();
  // Checked at once: the emissary itself may still run.
  const [out, err] = [job.kept.bytes('stdout'), job.kept.bytes('stderr')];
  const { stdout, stderr } = job.kept.result();
  const expected = Array.from({ length: 150_000 }, (_, index) => `${index + 1}\n`).join('');
  assert.ok(out.toString() === expected && err.toString() === expected);
  assert.deepEqual([stdout.bytes, stderr.bytes], [expected.length, expected.length]);
  assert.deepEqual(sumsOf(job.kept), [expected.length, expected.length]);
  await job.finished;
});

test('the timeline records which bytes arrived, when and in which order', async (t) => {
  const before = Date.now();
  const script = 'for i in 1 2 3 4 5; do read -r _; echo "out $i"; read -r _; echo "error $i" >&2; done';
  const job = startJob(t, ['sh', '-c', script], { options: ['--combined'], stdin: 'pipe' });
  const { kept } = job;
  // Each piece is printed after the previous one was forwarded, so no two arrive together.
  for (const i of [1, 2, 3, 4, 5]) {
    job.process.stdin?.write('\n');
    await until('it is on standard output', () => job.stdout().includes(`out ${i}\n`));
    job.process.stdin?.write('\n');
    await until('it is on standard error', () => job.stderr().includes(`error ${i}\n`));
  }
  await job.finished;
  const lines = timelineOf(kept);
  assert.deepEqual(
    lines.map(({ stream, bytes }) => [stream, bytes]),
    Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? [1, 6] : [2, 8])),
  );
  const times = lines.map(({ time }) => time);
  assert.deepEqual(times, [...times].sort());
  assert.ok((times[0] ?? 0) >= before && (times.at(-1) ?? 0) <= Date.now());
  assert.equal(kept.text('combined'), merged(kept));
});

test('the timeline covers both files completely, whatever the sizes of the pieces', async (t) => {
  const script =
    'for i in $(seq 300); do head -c $((i * 37)) /dev/zero; head -c $((i * 11)) /dev/zero >&2; done';
  const { kept } = await runJob(t, ['sh', '-c', script], { options: ['--combined'] });
  assert.deepEqual(sumsOf(kept), [kept.bytes('stdout').length, kept.bytes('stderr').length]);
  assert.equal(kept.bytes('combined').length, kept.bytes('stdout').length + kept.bytes('stderr').length);
});

for (const [variable, value, made] of [
  ['EMISSARY_COMBINED', 'true', true],
  ['ARGO_INCLUDE_SCRIPT_OUTPUT', 'true', true],
  ['EMISSARY_COMBINED', 'false', false],
] as const) {
  test(`run writes ${made ? '' : 'no '}combined if ${variable} is ${value}`, async (t) => {
    const { kept } = await runJob(t, ['echo', 'x'], { env: { [variable]: value } });
    assert.equal(kept.has('combined') && kept.text('combined') === 'x\n', made);
  });
}

test('run stops capturing at the log limit with one warning; the job and forwarding continue', async (t) => {
  const options = ['--log-limit', '1000', '--combined'];
  const script = 'yes | head -c 300000; head -c 300 /dev/zero >&2; exit 4';
  const { status, stdout, stderr, kept } = await runJob(t, ['sh', '-c', script], { options });
  assert.deepEqual([status, stdout.length], [4, 300_000]);
  assert.deepEqual([kept.bytes('stdout').length, kept.bytes('stderr').length], [1000, 300]);
  const result = kept.result();
  assert.deepEqual(result.stdout, { bytes: 1000, truncated: true });
  assert.deepEqual(result.stderr, { bytes: 300, truncated: false });
  assert.deepEqual([result.verdict, result.exitCode], ['failed', 4]);
  const warning = (file: string) =>
    `emissary: no more output is captured in ${kept.path(file)}: it has reached its limit of 1000 bytes; the job continues\n`;
  assert.deepEqual(
    [stderr.split(warning('stdout')).length, stderr.split(warning('combined')).length],
    [2, 2],
  );
  assert.deepEqual(sumsOf(kept), [1000, 300]);
});

test('run captures all of an output that is exactly as long as the limit', async (t) => {
  const options = ['--log-limit=1000'];
  const { stderr, kept } = await runJob(t, ['head', '-c', '1000', '/dev/zero'], { options });
  assert.deepEqual([stderr, kept.result().stdout], ['', { bytes: 1000, truncated: false }]);
});

test('run captures the output in new files, whatever existed there', async (t) => {
  const { kept } = await runJob(t, ['true']);
  const victim = join(kept.root, 'victim');
  writeFileSync(victim, 'untouched');
  await execa`ln -sf ${victim} ${kept.path('stdout')}`;
  await runJob(t, ['echo', 'new'], { root: kept.root });
  await until('the new output', () => kept.text('stdout') === 'new\n');
  assert.equal(readFileSync(victim, 'utf8'), 'untouched');
});

const places = ['stdout', 'stderr', 'timeline', 'combined', 'started', 'result.json', 'exitcode', 'alive'];
for (const place of [...places, '.exitcode.reserve', '.result.json.reserve']) {
  test(`run displaces a directory in place of ${place}`, async (t) => {
    const root = temporaryVolume(t);
    mkdirSync(join(root, 'ctr/main', place, 'full'), { recursive: true });
    const options = ['--combined'];
    const { status, stderr, kept } = await runJob(t, ['sh', '-c', 'echo new; exit 3'], { root, options });
    assert.deepEqual([status, stderr, kept.text('exitcode')], [3, '', '3']);
    assert.deepEqual([kept.text('stdout'), kept.text('combined')], ['new\n', 'new\n']);
    assert.equal(kept.result().verdict, 'failed');
    const aside = readdirSync(join(root, 'ctr/main')).filter((name) => name.endsWith('.aside'));
    assert.deepEqual(readdirSync(kept.path(aside[0] ?? '')), ['full']);
  });
}

function timelineOf(kept: Kept) {
  return kept
    .text('timeline')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      assert.match(line, /^\d{13} [12] \d+$/);
      const [time = 0, stream = 0, bytes = 0] = line.split(' ').map(Number);
      return { time, stream, bytes };
    });
}

function sumsOf(kept: Kept): readonly number[] {
  const sum = (wanted: number) =>
    timelineOf(kept).reduce((total, { stream, bytes }) => total + (stream === wanted ? bytes : 0), 0);
  return [sum(1), sum(2)];
}

/** Both streams, merged by the timeline. */
function merged(kept: Kept): string {
  const rest = [kept.text('stdout'), kept.text('stderr')];
  const pieces = timelineOf(kept).map(({ stream, bytes }) => {
    const text = rest[stream - 1] ?? '';
    rest[stream - 1] = text.slice(bytes);
    return text.slice(0, bytes);
  });
  return pieces.join('');
}

test("run captures writes to /proc/PID/fd of the job's first process", async (t) => {
  const command = ['sh', '-c', 'sh -c "$0" $$; :', 'echo by cron >/proc/$0/fd/1'];
  const { kept, stdout } = await runJob(t, command);
  assert.deepEqual([kept.text('stdout'), stdout.toString()], ['by cron\n', 'by cron\n']);
});
