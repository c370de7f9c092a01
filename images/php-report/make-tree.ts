import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/**
 * Puts together the image's tree from Debian's packages, without a container engine: PHP, all that it depends on, the
 * report, and this machine's list of packages as its data.
 *
 *   node images/php-report/make-tree.ts DIRECTORY
 */
const [, , directory] = process.argv;
if (directory === undefined) throw new Error('Give the directory that is to hold the tree.');
const work = await mkdtemp(join(tmpdir(), 'php-report-'));
/** Package lists of our own: the machine's may be old, or not there. */
const options = [
  ...['-o', `Dir::State::lists=${work}/lists`, '-o', `Dir::Cache=${work}/cache`],
  ...['-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Languages=none', '-o', 'Acquire::Retries=5', '-q'],
];
try {
  for (const needed of ['lists/partial', 'cache/archives/partial', 'packages'])
    await mkdir(join(work, needed), { recursive: true });
  await execa('apt-get', [...options, 'update']);
  const names = await withDependencies('php8.2-cli');
  await execa('apt-get', [...options, 'download', ...names], { cwd: join(work, 'packages') });
  await mkdir(directory, { recursive: true });
  for (const file of await readdir(join(work, 'packages')))
    await execa('dpkg', ['-x', join(work, 'packages', file), directory]);
} finally {
  await rm(work, { recursive: true });
}
await mkdir(join(directory, 'opt/php-report'), { recursive: true });
await copyFile(join(import.meta.dirname, 'report.php'), join(directory, 'opt/php-report/report.php'));
await mkdir(join(directory, 'var/lib/dpkg'), { recursive: true });
await copyFile('/var/lib/dpkg/status', join(directory, 'var/lib/dpkg/status'));
await mkdir(join(directory, 'tmp'), { recursive: true, mode: 0o1777 });
await execa('chmod', ['1777', join(directory, 'tmp')]);

/** The package and all that it depends on, itself real packages only. */
async function withDependencies(name: string): Promise<readonly string[]> {
  const no = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map(
    (kind) => `--no-${kind}`,
  );
  const { stdout } = await execa('apt-cache', [...options, 'depends', '--recurse', ...no, name]);
  const found = new Set(stdout.split('\n').filter((line) => /^[a-z0-9]/.test(line)));
  // What is only for the installation itself, or a second choice.
  const unneeded =
    /^(debconf|cdebconf|perl|dpkg|tar|ucf|sensible-utils|coreutils|lib(db|gdbm|perl)|cdebconf)/;
  return [...found].filter((candidate) => !unneeded.test(candidate));
}
