import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { here, type Platform } from './architecture.ts';
import { bootstrap } from './bootstrap/bootstrap.ts';
import type { Bundle } from './bundle.ts';
import { compileStart } from './compile.ts';
import { librariesOf } from './libraries.ts';
import { makeSingleExecutable } from './single-executable.ts';
import { sourceHash } from './source-hash.ts';

/** What the names of the libraries' assets begin with; `src/init/carried-runtime.ts` knows it too. */
export const libraryPrefix = 'library-';

/** What one executable is made of. */
export interface Ingredients {
  readonly program: Bundle;
  readonly platform: Platform;
  /** Its name: `emissary` or `multiflexi-emissary`. */
  readonly name: string;
  /** The directory that gets the executable, and its parts in `parts/<name>`. */
  readonly output: string;
  /** The runtime (`makeRuntime`). */
  readonly runtime: string;
  /** Where the platform's libraries are found: `/`, or a directory with unpacked packages. */
  readonly system: string;
}

/**
 * Makes the single executable: the pinned runtime with the bundle inside, and with all that `init` needs to make it start
 * in any image: the loader and the libraries (each packed with zstd), and the launcher.
 */
export async function makeExecutable(ingredients: Ingredients): Promise<void> {
  const { name, program, platform, output, system } = ingredients;
  const parts = join(output, 'parts', name);
  await mkdir(parts, { recursive: true });
  const runtime = await readFile(ingredients.runtime);
  const libraries = await librariesOf(runtime, platform, system);
  const recipe = Buffer.from(await sourceHash());
  const pieces = await Promise.all(
    [program.loader, ...program.pieces.values()].map((file) => readFile(file)),
  );
  const id = identity([recipe, ...pieces, runtime, ...libraries.values()]);
  const assets = new Map([['launcher', bootstrap(platform.architecture, `runtime/${id}`)]]);
  for (const [name, library] of libraries) assets.set(`${libraryPrefix}${name}`, pack(library));
  for (const [name, bytes] of assets) await writeFile(join(parts, name), bytes);
  await writeFile(join(parts, 'id'), id);
  const start = await compileStart(program);
  await makeSingleExecutable({
    main: program.loader,
    runtime: ingredients.runtime,
    output: join(output, name),
    assets: {
      ...pathsOf(['id', ...assets.keys()], parts),
      ...prefixed('program/', program.pieces),
      'program/start.js': start.script,
      // Compiled code fits only the processor that it was made on.
      ...(platform === here && { 'program/start.js.code': start.compiled }),
    },
    codeCache: platform === here,
  });
}

/** Names a runtime by its content, so that another version never comes between its files. */
function identity(contents: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(`${content.length}\0`).update(content);
  return hash.digest('hex').slice(0, 12);
}

function pack(library: Buffer): Buffer {
  return zstdCompressSync(library, { params: { [constants.ZSTD_c_compressionLevel]: 19 } });
}

function pathsOf(names: readonly string[], directory: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, join(directory, name)]));
}

function prefixed(prefix: string, files: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...files].map(([name, file]) => [`${prefix}${name}`, file]));
}
