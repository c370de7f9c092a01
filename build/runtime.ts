import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { here, type Platform } from './architecture.ts';
import { loadedPart } from './elf.ts';
import { hideVariables } from './hide-variables.ts';
import { keepArgv } from './keep-argv.ts';
import { keepDescriptors } from './keep-descriptors.ts';
import { keepSignals } from './keep-signals.ts';

/**
 * Makes the runtime that the executable is built on: the pinned Node, without what is never loaded (symbols, debugging),
 * with signals, descriptors and their limit left as they are at its start, and without a look at the job's words or at the
 * environment.
 *
 * @param output the file to write
 */
export async function makeRuntime(platform: Platform, output: string): Promise<void> {
  const runtime = loadedPart(await readFile(await findRuntime(platform)));
  keepSignals(runtime, platform.architecture);
  keepDescriptors(runtime, platform.architecture);
  keepArgv(runtime, platform.architecture);
  hideVariables(runtime, platform.architecture);
  await rm(output, { force: true });
  await writeFile(output, runtime, { mode: 0o755 });
}

/** The pinned runtime for a platform; npm installs only that of this machine, any other is fetched by npm. */
async function findRuntime(platform: Platform): Promise<string> {
  if (platform === here) return process.execPath;
  const { optionalDependencies } = JSON.parse(await readFile('package.json', 'utf8'));
  const version: string = optionalDependencies[platform.runtimePackage];
  const directory = `dist/runtime-${platform.oci}-${version}`;
  const file = join(directory, 'package/bin/node');
  if (
    await readFile(file).then(
      () => true,
      () => false,
    )
  )
    return file;
  await fetchPackage(`${platform.runtimePackage}@${version}`, directory);
  return file;
}

async function fetchPackage(name: string, directory: string): Promise<void> {
  const partial = `${directory}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const { stdout } = await execa('npm', ['pack', '--json', name, '--pack-destination', partial]);
  const [packed] = Object.values(JSON.parse(stdout)) as { filename: string; integrity: string }[];
  if (packed === undefined || packed.integrity !== (await lockedIntegrity(name))) {
    throw new Error(`${name}: the package is not the one that package-lock.json pins`);
  }
  await execa('tar', ['-C', partial, '-xzf', join(partial, packed.filename), 'package/bin/node']);
  await rename(partial, directory);
}

async function lockedIntegrity(name: string): Promise<string> {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8'));
  return packages[`node_modules/${name.slice(0, name.lastIndexOf('@'))}`].integrity;
}
