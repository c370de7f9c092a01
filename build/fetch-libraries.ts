import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import type { Platform } from './architecture.ts';

const packages = ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1'];

/**
 * Unpacks the libraries of another architecture from Debian's packages into a separate directory. Does not change
 * this machine's package lists and architectures. Needs apt-get and dpkg.
 *
 * @returns the directory, for `--libraries`
 */
export async function fetchLibraries(platform: Platform): Promise<string> {
  const directory = resolve('dist', `libraries-${platform.oci}`);
  if ((await readdir(directory).catch(() => [])).length > 0) return directory;
  const work = `${directory}.partial`;
  await rm(work, { recursive: true, force: true });
  for (const needed of ['lists/partial', 'cache/archives/partial', 'packages', 'tree']) {
    await mkdir(join(work, needed), { recursive: true });
  }
  const options = [
    ...['-o', `APT::Architecture=${platform.oci}`, '-o', `APT::Architectures::=${platform.oci}`],
    ...['-o', `Dir::State::lists=${work}/lists`, '-o', `Dir::Cache=${work}/cache`],
    ...['-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Retries=5', '-q'],
  ];
  await execa('apt-get', [...options, 'update']);
  const names = packages.map((name) => `${name}:${platform.oci}`);
  await execa('apt-get', [...options, 'download', ...names], { cwd: join(work, 'packages') });
  for (const file of await readdir(join(work, 'packages'))) {
    await execa('dpkg', ['-x', join(work, 'packages', file), join(work, 'tree')]);
  }
  await rename(join(work, 'tree'), directory);
  await rm(work, { recursive: true });
  return directory;
}
