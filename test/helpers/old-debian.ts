import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { debianMirror } from './debian-mirror.ts';

/** An old Debian: its C library, and a shell. */
export interface OldDebian {
  /** The unpacked packages. */
  readonly tree: string;
  readonly release: string;
}

/** Oldest first; the last is the newest that the tests use. */
const releases = ['stretch', 'buster', 'bullseye', 'bookworm'];
const packages = ['libc6', 'dash'];
const boundMs = 600_000;

/**
 * Unpacks the oldest Debian that the machine's own mirror still has, once. Its package lists are kept apart from the
 * machine's.
 *
 * @throws Error if the mirror has none
 */
export async function oldDebian(): Promise<OldDebian> {
  const place = resolve('dist/old-debian');
  const [known] = await readdir(place).catch(() => []);
  if (known !== undefined) return { tree: join(place, known), release: known };
  const work = `${place}.partial`;
  for (const release of releases) {
    await rm(work, { recursive: true, force: true });
    if (!(await fetched(release, work))) continue;
    await rename(join(work, 'trees'), place);
    await rm(work, { recursive: true });
    return { tree: join(place, release), release };
  }
  throw new Error(`The mirror has none of ${releases.join(', ')}`);
}

async function fetched(release: string, work: string): Promise<boolean> {
  const tree = join(work, 'trees', release);
  for (const needed of ['lists/partial', 'cache/archives/partial', 'packages'])
    await mkdir(join(work, needed), { recursive: true });
  await mkdir(tree, { recursive: true });
  const sources = join(work, 'sources.list');
  await writeFile(
    sources,
    `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${await debianMirror()} ${release} main\n`,
  );
  const options = [
    ...['-o', `Dir::Etc::sourcelist=${sources}`, '-o', 'Dir::Etc::sourceparts=-'],
    ...['-o', `Dir::State::lists=${work}/lists`, '-o', `Dir::Cache=${work}/cache`],
    ...['-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Languages=none', '-o', 'Acquire::Retries=5', '-q'],
  ];
  const apt = (args: readonly string[]) =>
    execa('apt-get', [...options, ...args], {
      cwd: join(work, 'packages'),
      reject: false,
      timeout: boundMs,
    });
  // Without a source to update from, apt-get still exits with 0: what counts is that the packages arrived.
  await apt(['update']);
  const names = packages.map((name) => `${name}/${release}`);
  if ((await apt(['download', ...names])).exitCode !== 0) return false;
  for (const file of await readdir(join(work, 'packages')))
    await execa('dpkg', ['-x', join(work, 'packages', file), tree]);
  return true;
}
