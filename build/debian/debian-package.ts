import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { PlatformBuild } from '../release/build-for.ts';
import { control } from './control.ts';
import { dependenciesOf } from './dependencies.ts';
import { configuration, installedFiles, type PackageEdition } from './installed-files.ts';
import { debianVersion, packageName } from './names.ts';
import type { PackageFile } from './package-file.ts';

/** With xz a release would take minutes longer, and the package would be a fifth smaller. */
const quick = ['-Zgzip', '-z6'];
const scripts = ['postinst', 'postrm'];

/**
 * Makes the Debian package of one processor with dpkg-deb. The same sources give the same package.
 *
 * @param work a directory for the package's tree; emptied first
 * @param output the directory that gets the package
 * @param compression options of dpkg-deb
 * @returns its path
 */
export async function makeDebianPackage(
  build: PlatformBuild,
  edition: PackageEdition,
  work: string,
  output: string,
  compression: readonly string[] = quick,
): Promise<string> {
  const { platform } = build;
  const files = await installedFiles(build, edition);
  await rm(work, { recursive: true, force: true });
  for (const file of files) await put(file, work);
  const facts = {
    ...edition,
    platform,
    installedKib: await kibOf(files, work),
    dependencies: dependenciesOf(await readFile(join(build.output, 'parts/node'))),
  };
  await writeControl(work, {
    control: control(facts),
    conffiles: `/${configuration}\n`,
    md5sums: await checksums(files, work),
  });
  await setTimes(work, edition.seconds);
  const path = join(output, `${packageName}_${debianVersion(edition.version)}_${platform.oci}.deb`);
  await execa('dpkg-deb', ['--root-owner-group', ...compression, '--build', work, path], {
    env: { SOURCE_DATE_EPOCH: String(edition.seconds) },
  });
  return path;
}

async function put({ path, mode, content }: PackageFile, tree: string): Promise<void> {
  const target = join(tree, path);
  await mkdir(dirname(target), { recursive: true });
  if (typeof content === 'string' || content instanceof Uint8Array) await writeFile(target, content);
  else if ('copyOf' in content) await copyFile(content.copyOf, target);
  else return await symlink(content.linkTo, target);
  await chmod(target, mode);
}

async function writeControl(tree: string, texts: Readonly<Record<string, string>>): Promise<void> {
  const directory = join(tree, 'DEBIAN');
  await mkdir(directory);
  for (const [name, text] of Object.entries(texts)) await writeFile(join(directory, name), text);
  for (const name of [...scripts, 'triggers']) {
    await copyFile(join(import.meta.dirname, 'files', name), join(directory, name));
    await chmod(join(directory, name), scripts.includes(name) ? 0o755 : 0o644);
  }
}

/** As dpkg counts it (deb-substvars(5)): files rounded up, and one for each directory and link. */
async function kibOf(files: readonly PackageFile[], tree: string): Promise<number> {
  const directories = new Set(files.flatMap(({ path }) => parentsOf(path)));
  const sizes = await Promise.all(
    files.map(async ({ path }) => {
      const entry = await lstat(join(tree, path));
      return entry.isFile() ? Math.ceil(entry.size / 1024) : 1;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, directories.size);
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

async function checksums(files: readonly PackageFile[], tree: string): Promise<string> {
  const regular = files.filter(({ path, content }) => path !== configuration && !isLink(content));
  const lines = await Promise.all(
    regular.map(async ({ path }) => {
      const hash = createHash('md5').update(await readFile(join(tree, path)));
      return `${hash.digest('hex')}  ${path}\n`;
    }),
  );
  return lines.sort().join('');
}

function isLink(content: PackageFile['content']): boolean {
  return typeof content === 'object' && 'linkTo' in content;
}

/** Everything bears the release's time; directories get mode 0755 from the release's umask. */
async function setTimes(path: string, seconds: number): Promise<void> {
  const entry = await lstat(path);
  if (entry.isDirectory()) {
    await chmod(path, 0o755);
    for (const name of await readdir(path)) await setTimes(join(path, name), seconds);
  }
  await lutimes(path, seconds, seconds);
}
