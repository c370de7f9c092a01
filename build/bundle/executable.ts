import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { here, type Platform } from '../architecture.ts';
import { bootstrap } from '../bootstrap/bootstrap.ts';
import { isolator } from '../isolator/isolator.ts';
import { librariesOf } from '../runtime/libraries.ts';
import { sourceHash } from '../source-hash.ts';
import type { Bundle } from './bundle.ts';
import { compileStart } from './compile.ts';
import { makeSingleExecutable } from './single-executable.ts';

/** The prefix of the libraries' asset names; `src/init/install-runtime.ts` uses the same. */
export const libraryPrefix = 'library-';

/** What an executable is built from. */
export interface Ingredients {
  readonly program: Bundle;
  readonly platform: Platform;
  /** Its name: `emissary` or `multiflexi-emissary`. */
  readonly name: string;
  /** The directory for the executable, with its parts in `parts/<name>`. */
  readonly output: string;
  /** The runtime (`makeRuntime`). */
  readonly runtime: string;
  /** Where to find the platform's libraries: `/`, or a directory with unpacked packages. */
  readonly system: string;
}

/**
 * Builds the single executable: the pinned runtime with the bundle, and everything that `init` needs to make it start
 * in any image: the loader and the libraries (each compressed with zstd), and the bootstrap.
 */
export async function makeExecutable(ingredients: Ingredients): Promise<void> {
  const { name, program, platform, output, system } = ingredients;
  const parts = join(output, 'parts', name);
  await mkdir(parts, { recursive: true });
  const runtime = await readFile(ingredients.runtime);
  const libraries = await librariesOf(runtime, platform, system);
  const sources = Buffer.from(await sourceHash());
  const chunks = await Promise.all(
    [program.loader, ...program.chunks.values()].map((file) => readFile(file)),
  );
  const start = await compileStart(name, program);
  const script = await readFile(start.script);
  const id = identity([sources, ...chunks, script, runtime, ...libraries.values()]);
  const assets = new Map([
    ['bootstrap', bootstrap(platform.architecture, `runtime/${id}`)],
    ['isolator', isolator(platform.architecture)],
  ]);
  for (const [name, library] of libraries) assets.set(`${libraryPrefix}${name}`, pack(library));
  for (const [name, bytes] of assets) await writeFile(join(parts, name), bytes);
  await writeFile(join(parts, 'id'), id);
  await makeSingleExecutable({
    main: program.loader,
    runtime: ingredients.runtime,
    output: join(output, name),
    assets: {
      ...pathsOf(['id', ...assets.keys()], parts),
      ...(await packChunks(program.chunks)),
      'program/start.js': start.script,
      // Compiled code works only on the architecture that it was made on.
      ...(platform === here && { 'program/start.js.code': start.compiled }),
    },
    codeCache: platform === here,
  });
}

/**
 * Identifies a runtime by its content, so that the files of different versions are never mixed. Compiled code is not
 * part of it: it is a cache, and not the same in each build.
 */
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

/** Chunks of more bytes than this are packed: not those of a job's start, which are in a script of their own. */
const packedBytes = 32 * 1024;

/** The chunks' files by asset name; large ones are packed. */
async function packChunks(chunks: ReadonlyMap<string, string>): Promise<Record<string, string>> {
  const assets: Record<string, string> = {};
  for (const [name, file] of chunks) {
    const content = await readFile(file);
    if (content.length <= packedBytes) assets[`program/${name}`] = file;
    else {
      await writeFile(`${file}.zst`, pack(content));
      assets[`program/${name}.zst`] = `${file}.zst`;
    }
  }
  return assets;
}
