import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, transform } from 'esbuild';
import { projectVersion } from '../version-mentions.ts';
import { absentPackages } from './absent-packages.ts';
import { bundlePage } from './bundle-page.ts';
import { bundledPackages } from './bundled-packages.ts';

/** The program in chunks: the loader's file, and the chunks by name. */
export interface Bundle {
  /** The script that the runtime starts. */
  readonly loader: string;
  /** Paths of the chunks by name; `main.js` runs first. */
  readonly chunks: ReadonlyMap<string, string>;
  /** The directory that contains them. */
  readonly directory: string;
  /** The npm packages whose code is in the chunks, as `name@version`. */
  readonly packages: readonly string[];
}

/**
 * Bundles the program. Everything that `src` loads with `await import()` becomes a separate chunk, so that a job does
 * not wait for code that is needed later. esbuild splits only ES modules; each chunk is then converted to CommonJS,
 * which can be run from precompiled code.
 *
 * @param entry the program's entry file in src
 * @param directory the output directory; emptied first
 */
export async function bundle(entry: string, directory: string): Promise<Bundle> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const loader = join(directory, 'loader.cjs');
  await build({ ...common, entryPoints: ['src/loader.ts'], format: 'cjs', outfile: loader });
  const version = await projectVersion();
  const { outputFiles, metafile } = await build({
    ...common,
    entryPoints: [entry],
    entryNames: 'main',
    format: 'esm',
    splitting: true,
    outdir: directory,
    chunkNames: '[name]-[hash]',
    write: false,
    metafile: true,
    plugins: [absentPackages],
    define: {
      EMISSARY_PAGE: JSON.stringify(await bundlePage()),
      EMISSARY_VERSION: JSON.stringify(version),
      EMISSARY_PROGRAM: JSON.stringify(basename(entry, '.ts')),
    },
  });
  const chunks = new Map<string, string>();
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node26',
      minifyWhitespace: true,
      // An import() becomes a call of the loader.
      supported: { 'dynamic-import': false },
    });
    const chunk = join(directory, basename(path));
    await writeFile(chunk, `(function(exports,require,module){${escaped(code)}\n})`);
    chunks.set(basename(path), chunk);
  }
  return { loader, chunks, directory, packages: await bundledPackages(metafile) };
}

/** The loader reads Latin-1, and esbuild escapes what is in strings, but not what is in regular expressions. */
function escaped(code: string): string {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
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
