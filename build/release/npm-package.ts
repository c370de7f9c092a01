import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { installInto } from '../image-tree.ts';
import type { PlatformBuild } from './build-for.ts';
import { licencesFile } from './licences.ts';
import { npmReadme } from './npm-readme.ts';

const name = 'multiflexi-emissary';
const documents = ['CHANGELOG.md', 'LICENSE'];

/**
 * Packs `multiflexi-emissary` for npm: the program for every processor, as `init` installs it, and a shell script that
 * starts the one that fits. The project's own package.json is not what is published: its packages are for the build.
 *
 * @param licences the texts of all licences in it
 * @param directory where the package is put together
 * @param output the directory that gets the packed file
 */
export async function makeNpmPackage(
  builds: readonly PlatformBuild[],
  licences: string,
  directory: string,
  output: string,
): Promise<void> {
  const program = join('bin', name);
  await mkdir(join(directory, 'bin'), { recursive: true });
  await copyFile(join(import.meta.dirname, 'npm-launcher.sh'), join(directory, program));
  await chmod(join(directory, program), 0o755);
  for (const { platform, output: built } of builds) {
    const tree = resolve(directory, `linux-${platform.oci}`);
    await mkdir(tree);
    await installInto(tree, name, built);
    // Argo's name for it is for volumes.
    await rm(join(tree, 'argoexec'));
  }
  for (const file of documents) await copyFile(file, join(directory, file));
  await writeFile(join(directory, 'README.md'), npmReadme(await readFile('README.md', 'utf8'), documents));
  await writeFile(join(directory, licencesFile), licences);
  await writeFile(join(directory, 'package.json'), await packageJson(builds, program));
  await execa('npm', ['pack', '--ignore-scripts', '--pack-destination', resolve(output)], { cwd: directory });
}

async function packageJson(builds: readonly PlatformBuild[], program: string): Promise<string> {
  const { version, description, license } = JSON.parse(await readFile('package.json', 'utf8'));
  const published = {
    name,
    version,
    description,
    license,
    os: ['linux'],
    cpu: builds.map(({ platform }) => platform.architecture),
    bin: { [name]: program },
    files: ['bin', ...builds.map(({ platform }) => `linux-${platform.oci}`), 'CHANGELOG.md', licencesFile],
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}
