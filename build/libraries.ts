import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Platform } from './architecture.ts';
import { readElf } from './elf.ts';

/**
 * Collects the loader and every library that a program needs, down to the last, so that it can be started where none
 * of them is. The loader is returned under the name `ld.so`.
 *
 * @param program the program's bytes
 * @param system the directory that holds the libraries' own directories: `/`, or one where packages of another
 *   architecture were unpacked
 * @throws Error that names what is not to be found
 */
export async function librariesOf(
  program: Buffer,
  platform: Platform,
  system: string,
): Promise<ReadonlyMap<string, Buffer>> {
  const { interpreter, needed } = readElf(program);
  if (interpreter === null) throw new Error('The runtime is not a dynamic program: it asks for no loader.');
  const loaderName = basename(interpreter);
  const found = new Map<string, Buffer>();
  const open = [loaderName, ...needed];
  for (let name = open.shift(); name !== undefined; name = open.shift()) {
    if (found.has(name)) continue;
    const library = await find(name, platform, system);
    found.set(name, library);
    open.push(...readElf(library).needed);
  }
  const loader = found.get(loaderName) ?? Buffer.alloc(0);
  found.delete(loaderName);
  return found.set('ld.so', withoutPreloadFile(loader));
}

async function find(name: string, platform: Platform, system: string): Promise<Buffer> {
  const directories = [
    `lib/${platform.triplet}`,
    `usr/lib/${platform.triplet}`,
    'lib64',
    'usr/lib64',
    'lib',
    'usr/lib',
  ];
  for (const directory of directories) {
    const file = await readFile(join(system, directory, name)).catch(() => null);
    if (file !== null && readElf(file).machine === platform.machine) return file;
  }
  throw new Error(
    `Cannot find the library ${name} for linux/${platform.oci} below ${system}; ` +
      'it comes with the packages libc6, libstdc++6, libgcc-s1 and libatomic1 (or libatomic)',
  );
}

/**
 * The loader loads what `/etc/ld.so.preload` lists into every program, ours included, and has no option against it.
 * Our copy looks for that file where none can be.
 */
function withoutPreloadFile(loader: Buffer): Buffer {
  const name = Buffer.from('/etc/ld.so.preload\0');
  const nowhere = Buffer.from('/dev/null/preload\0\0');
  const at = loader.indexOf(name);
  if (at === -1 || loader.indexOf(name, at + 1) !== -1) {
    throw new Error('The loader does not name /etc/ld.so.preload exactly once: look at this version of it.');
  }
  const copy = Buffer.from(loader);
  copy.set(nowhere, at);
  return copy;
}
