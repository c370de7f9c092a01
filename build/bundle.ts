import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, transform } from 'esbuild';

/** The program in pieces: the loader's file, and the others by name. */
export interface Bundle {
  /** The script that the runtime starts. */
  readonly loader: string;
  /** Paths of the pieces by their names; `main.js` is the first to run. */
  readonly pieces: ReadonlyMap<string, string>;
  /** The directory that holds them. */
  readonly directory: string;
}

/**
 * Bundles the program. Everything that `src` loads by `await import()` becomes a piece of its own, so that a job does not
 * wait for the code that comes after it. esbuild cuts only ES modules into pieces; each is then made CommonJS, which is
 * what can be run from compiled code.
 *
 * @param entry the program's own file in src
 * @param directory where the files go; emptied first
 */
export async function bundle(entry: string, directory: string): Promise<Bundle> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const loader = join(directory, 'loader.cjs');
  await build({ ...common, entryPoints: ['src/loader.ts'], format: 'cjs', outfile: loader });
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  const { outputFiles } = await build({
    ...common,
    entryPoints: [entry],
    entryNames: 'main',
    format: 'esm',
    splitting: true,
    outdir: directory,
    chunkNames: '[name]-[hash]',
    write: false,
    define: { EMISSARY_VERSION: JSON.stringify(version) },
  });
  const pieces = new Map<string, string>();
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node26',
      minifyWhitespace: true,
      // An import() becomes a call of the loader.
      supported: { 'dynamic-import': false },
    });
    const piece = join(directory, basename(path));
    await writeFile(piece, `(function(exports,require,module){${code}\n})`);
    pieces.set(basename(path), piece);
  }
  return { loader, pieces, directory };
}

const common = {
  bundle: true,
  platform: 'node',
  target: 'node26',
  charset: 'ascii',
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
} as const;
