import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import type { Platform } from '../architecture.ts';
import { libraryPackages, versionsFile } from './library-packages.ts';

/**
 * Unpacks the libraries of another architecture from Debian's packages into a separate directory. Does not change
 * this machine's package lists and architectures. Needs apt-get and dpkg.
 *
 * @returns the directory, for `--libraries`
 */
export async function fetchLibraries(platform: Platform): Promise<string> {
  const directory = resolve('dist', `libraries-${platform.oci}`);
  if (existsSync(join(directory, versionsFile))) return directory;
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
  const names = libraryPackages.map((name) => `${name}:${platform.oci}`);
  await execa('apt-get', [...options, 'download', ...names], { cwd: join(work, 'packages') });
  const versions: string[] = [];
  for (const file of await readdir(join(work, 'packages'))) {
    const path = join(work, 'packages', file);
    await execa('dpkg', ['-x', path, join(work, 'tree')]);
    versions.push((await execa('dpkg-deb', ['--show', path])).stdout);
  }
  await writeFile(join(work, 'tree', versionsFile), versions.join('\n'));
  await rm(directory, { recursive: true, force: true });
  await rename(join(work, 'tree'), directory);
  await rm(work, { recursive: true });
  return directory;
}
