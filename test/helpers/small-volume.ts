import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import type { Finished } from './emissary.ts';
import { type JobSetting, type Kept, keptBy, runJob } from './job.ts';
import { lacks } from './require.ts';
import { temporaryVolume } from './volume.ts';

/** Whether this user may mount; if not, the test is skipped. */
export async function canMount(t: TestContext): Promise<boolean> {
  const probe = await execa({ reject: false })`unshare --mount mount -t tmpfs tmpfs /mnt`;
  if (probe.exitCode !== 0) lacks(t, 'a mount of its own cannot be made');
  return probe.exitCode === 0;
}

/**
 * Runs a job on a volume in memory, in its own mount namespace: `size=16k`, `nr_inodes=8` (tmpfs(5)). The files are
 * copies, made after the end.
 * @param command `VOLUME` in an argument becomes the volume's path
 */
export async function runOnSmallVolume(
  t: TestContext,
  options: string,
  command: readonly string[],
  setting: JobSetting = {},
): Promise<Finished & { readonly kept: Kept }> {
  const above = temporaryVolume(t);
  const [root, copy] = [join(above, 'volume'), join(above, 'copy')];
  mkdirSync(root);
  mkdirSync(copy);
  const script = `mount -t tmpfs -o mode=777,"$1" tmpfs "$2" || exit 99
    copy=$3 root=$2; shift 3; "$@"; status=$?; cp -r "$root/." "$copy"; exit $status`;
  const under = ['unshare', '--mount', 'sh', '-c', script, 'sh', options, root, copy];
  const args = command.map((arg) => arg.replaceAll('VOLUME', root));
  const finished = await runJob(t, args, { ...setting, root, under });
  return { ...finished, kept: keptBy(copy) };
}
