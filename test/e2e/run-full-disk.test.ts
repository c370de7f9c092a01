import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Ended } from '../../src/contract/records.ts';
import { type DiskKind, withDiskVolume } from '../helpers/disk-volume.ts';
import { fixture } from '../helpers/fixture.ts';
import { runJob } from '../helpers/job.ts';
import { canMount, runOnSmallVolume } from '../helpers/small-volume.ts';

/** What the job fills the disk with: one file, small files of this size, or empty files, beside the seal. */
const fills = {
  data: ['disk', 'data'],
  'small files': ['disk', '1800'],
  'names beside the seal': ['ctr/main', '0'],
} as const;

const disks: readonly (DiskKind & { readonly by: readonly (keyof typeof fills)[] })[] = [
  { system: 'btrfs', megabytes: 130, by: ['data', 'small files'] },
  { system: 'btrfs', megabytes: 700, by: ['data'] },
  { system: 'btrfs', megabytes: 700, options: 'compress=zstd', by: ['data'] },
  { system: 'btrfs', megabytes: 2000, by: ['data'] },
  { system: 'btrfs', megabytes: 2000, options: 'compress=zstd', by: ['data'] },
  { system: 'xfs', megabytes: 320, by: ['data'] },
  { system: 'ext4', megabytes: 64, by: ['data'] },
  { system: 'ext4', megabytes: 32, make: ['-b', '1024', '-N', '60000'], by: ['names beside the seal'] },
  { system: 'ext4', megabytes: 16, make: ['-N', '64'], by: ['small files', 'names beside the seal'] },
];

for (const disk of disks) {
  for (const by of disk.by) {
    const how = [disk.options, ...(disk.make ?? [])].join(' ').trim();
    const what = `${disk.system} of ${disk.megabytes} MB${how === '' ? '' : ` (${how})`}`;
    test(`run seals a job that fills its volume, ${what}, with ${by}`, async (t) => {
      await withDiskVolume(t, disk, async (root) => {
        const [directory, amount] = fills[by];
        const job = [process.execPath, fixture('fills.ts'), join(root, directory), amount];
        const { status, stderr, kept } = await runJob(t, job, { root });
        assert.equal(status, 5, stderr);
        assert.deepEqual([kept.text('exitcode'), kept.result().verdict], ['5', 'failed'], stderr);
        assert.equal((JSON.parse(kept.text('ended')) as Ended).exitCode, 5);
        for (const name of ['.spare.1', '.spare.2', '.spare.3', '.exitcode', '.result.json', '.ended'])
          assert.equal(kept.has(`${name}.reserve`), false, name);
      });
    });
  }
}

test('run seals a job that has used up all inodes of its volume in memory', async (t) => {
  if (!(await canMount(t))) return;
  const script = 'i=0; while true > "VOLUME/$i"; do i=$((i+1)); done 2>/dev/null; exit 5';
  for (const inodes of [12, 13, 16, 40]) {
    const { status, stderr, kept } = await runOnSmallVolume(t, `nr_inodes=${inodes}`, ['sh', '-c', script]);
    assert.equal(status, 5, stderr);
    assert.deepEqual([kept.text('exitcode'), kept.result().verdict], ['5', 'failed'], stderr);
  }
});
