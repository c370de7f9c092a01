import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Platform } from '../architecture.ts';
import { readElf } from './elf.ts';

/**
 * Collects the loader and all libraries that a program needs, directly or indirectly, so that it can start where none
 * of them is installed. The loader is returned under the name `ld.so`.
 *
 * @param program the program's bytes
 * @param system the directory that contains the library directories: `/`, or one with unpacked packages of another
 *   architecture
 * @throws Error that names a missing library
 */
export async function librariesOf(
  program: Buffer,
  platform: Platform,
  system: string,
): Promise<ReadonlyMap<string, Buffer>> {
  const { interpreter, needed } = readElf(program);
  if (interpreter === null) throw new Error('The runtime is not a dynamic program: it requests no loader.');
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
 * The loader preloads what `/etc/ld.so.preload` lists into every program, including ours, and has no option against
 * it. Our copy looks for that file where none can exist.
 */
function withoutPreloadFile(loader: Buffer): Buffer {
  const name = Buffer.from('/etc/ld.so.preload\0');
  const nowhere = Buffer.from('/dev/null/preload\0\0');
  const at = loader.indexOf(name);
  if (at === -1 || loader.indexOf(name, at + 1) !== -1) {
    throw new Error('The loader does not contain /etc/ld.so.preload exactly once: check this version of it.');
  }
  const copy = Buffer.from(loader);
  copy.set(nowhere, at);
  return copy;
}
