import { rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { here, platformOf } from './architecture.ts';
import { bundle } from './bundle.ts';
import { makeExecutable } from './executable.ts';
import { makeImageTree } from './image-tree.ts';
import { sourceHash, wasBuiltFrom } from './source-hash.ts';

/**
 * `npm run build` makes dist/emissary, and dist/image/<architecture> for its container image. With `--if-changed` it does
 * so only when the sources are not those of the last complete build. `--platform arm64 --libraries DIR` makes
 * dist/arm64/emissary for another processor, with that processor's libraries from DIR.
 */
const { values } = parseArgs({
  options: {
    'if-changed': { type: 'boolean', default: false },
    platform: { type: 'string', default: here.architecture },
    libraries: { type: 'string', default: '/' },
  },
});
const platform = platformOf(values.platform);
const output = platform === here ? 'dist' : `dist/${platform.oci}`;
const hash = await sourceHash();
if (platform === here && values['if-changed'] && (await wasBuiltFrom(hash))) {
  process.stdout.write('dist/emissary is up to date.\n');
} else {
  if (platform === here) await rm('dist/source-hash', { force: true });
  await rm(`${output}/parts`, { recursive: true, force: true });
  const program = await bundle(`${output}/parts/program`);
  await makeExecutable({ program, platform, output, system: values.libraries });
  await makeImageTree(platform, output);
  // Written last: a build that was interrupted is done again.
  if (platform === here) await writeFile('dist/source-hash', hash);
}
