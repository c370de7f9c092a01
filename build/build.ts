import { rm, writeFile } from 'node:fs/promises';
import { bundle } from './bundle.ts';
import { makeExecutable } from './executable.ts';
import { sourceHash, wasBuiltFrom } from './source-hash.ts';

/**
 * `npm run build` makes dist/emissary. With `--if-changed` it does so only when the sources are not those of the last
 * complete build.
 */
const hash = await sourceHash();
if (process.argv.includes('--if-changed') && (await wasBuiltFrom(hash))) {
  process.stdout.write('dist/emissary is up to date.\n');
} else {
  await rm('dist/source-hash', { force: true });
  await bundle('src/main.ts', 'dist/emissary.cjs');
  await makeExecutable('dist/emissary.cjs', 'dist/emissary');
  // Written last: a build that was interrupted is done again.
  await writeFile('dist/source-hash', hash);
}
