import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachOf } from '../helpers/batches.ts';
import { canMount, runOnSmallVolume } from '../helpers/small-volume.ts';

const noRoom =
  /^emissary: Cannot run container main: no space for its final record in .*\/ctr\/main: ENOSPC: no space left on device, write\n$/;

for (const size of ['256k', '16k']) {
  test(`run continues when a volume of ${size} is full: everything forwarded, one warning, sealed`, async (t) => {
    if (!(await canMount(t))) return;
    const script = 'head -c 1000000 /dev/zero; exit 5';
    const { status, stdout, stderr, kept } = await runOnSmallVolume(t, `size=${size}`, ['sh', '-c', script]);
    assert.deepEqual([status, stdout.length], [5, 1_000_000], stderr);
    const warnings = stderr.match(
      /no more output is captured in .*stdout: the volume is full; the job continues\n/g,
    );
    assert.equal(warnings?.length, 1, stderr);
    assert.equal(kept.text('exitcode'), '5');
    const { stdout: stream, verdict } = kept.result();
    assert.deepEqual([stream.truncated, verdict], [true, 'failed']);
    assert.equal(kept.bytes('stdout').length, stream.bytes);
  });
}

test('run seals a job that fills its volume: every size from 8 KiB to 1 MiB', async (t) => {
  if (!(await canMount(t))) return;
  const sizes = [8, 12, 16, 20, 24, 32, 48, 64, 68, 72, 76, 80, 96, 128, 132, 136, 256, 512, 1024];
  await forEachOf(sizes, async (size) => {
    const job = ['sh', '-c', 'head -c 2000000 /dev/zero; exit 5'];
    const { status, stdout, stderr, kept } = await runOnSmallVolume(t, `size=${size}k`, job);
    assert.deepEqual([status, stdout.length], [5, 2_000_000], `${size} KiB: ${stderr}`);
    assert.equal(kept.text('exitcode'), '5', `${size} KiB`);
    assert.deepEqual(
      [kept.result().verdict, kept.result().stdout.truncated],
      ['failed', true],
      `${size} KiB`,
    );
  });
});

test('run does not start a job without space for its final record', async (t) => {
  if (!(await canMount(t))) return;
  const { status, stdout, stderr, kept } = await runOnSmallVolume(t, 'size=4k', ['echo', 'started']);
  assert.deepEqual([status, stdout.toString()], [64, '']);
  assert.match(stderr, noRoom);
  assert.deepEqual([kept.has('exitcode'), kept.has('.exitcode.reserve')], [false, false]);
});

test('run seals or rejects, and never runs unsealed, whatever the number of inodes of the volume', async (t) => {
  if (!(await canMount(t))) return;
  await forEachOf(
    Array.from({ length: 14 }, (_, index) => index + 2),
    async (inodes) => {
      const job = ['sh', '-c', 'echo ran; exit 5'];
      const { status, stdout, stderr, kept } = await runOnSmallVolume(t, `nr_inodes=${inodes}`, job);
      const ran = stdout.toString() === 'ran\n';
      const what = `${inodes} files: ${stderr}`;
      assert.equal(status, ran ? 5 : 64, what);
      if (!ran) assert.match(stderr, /^emissary: Cannot [^\n]*ENOSPC[^\n]*\n$/, what);
      if (ran) assert.equal(kept.text('exitcode'), '5', what);
      // If there is space for the record but not for the output, the rejection is sealed.
      if (inodes === 8)
        assert.deepEqual([kept.text('exitcode'), kept.result().verdict], ['64', 'error'], what);
    },
  );
});

test('run omits a long command line from the record if the volume is full', async (t) => {
  if (!(await canMount(t))) return;
  const job = ['sh', '-c', 'head -c 1000000 /dev/zero; exit 5', 'x'.repeat(100_000)];
  const { status, stderr, kept } = await runOnSmallVolume(t, 'size=16k', job);
  assert.equal(status, 5);
  assert.match(stderr, /result\.json omits the command, the outputs and earlier attempts/);
  const { command, message, attempts } = kept.result();
  assert.deepEqual([kept.text('exitcode'), command, message], ['5', [], 'The job exited with code 5']);
  assert.equal(attempts.length, 1);
});
