import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';

/** Bundles the program into one CommonJS file: what the single executable takes with a code cache. */
export async function bundle(entry: string, output: string): Promise<void> {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  await build({
    entryPoints: [entry],
    outfile: output,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node26',
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
    define: { EMISSARY_VERSION: JSON.stringify(version) },
  });
}
