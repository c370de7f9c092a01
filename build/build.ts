import { mkdir, rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { here, platformOf } from './architecture.ts';
import { withBuildLock } from './build-lock.ts';
import { bundle } from './bundle/bundle.ts';
import { makeExecutable } from './bundle/executable.ts';
import { makeImageTree, makeOperatorTree } from './image-tree.ts';
import { programs } from './programs.ts';
import { makeRuntime } from './runtime/runtime.ts';
import { sourceHash, wasBuiltFrom } from './source-hash.ts';

/**
 * `npm run build` builds dist/emissary, dist/multiflexi-emissary, and dist/image/<architecture> and
 * dist/operator-image/<architecture> for the container images. With `--if-changed` it does so only if the sources differ from those of the last complete build. `--platform
 * arm64 --libraries DIR` builds both programs for another architecture in dist/arm64, with that architecture's
 * libraries from DIR.
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
await withBuildLock(build);

async function build(): Promise<void> {
  const hash = await sourceHash();
  if (platform === here && values['if-changed'] && (await wasBuiltFrom(hash))) {
    process.stdout.write(`${programs.map((name) => `dist/${name}`).join(' and ')} are up to date.\n`);
    return;
  }
  if (platform === here) await rm('dist/source-hash', { force: true });
  await rm(`${output}/parts`, { recursive: true, force: true });
  const runtime = `${output}/parts/node`;
  await mkdir(`${output}/parts`, { recursive: true });
  await makeRuntime(platform, runtime);
  for (const name of programs) {
    const program = await bundle(`src/${name}.ts`, `${output}/parts/${name}/program`);
    await writeFile(`${output}/parts/${name}/packages.json`, JSON.stringify(program.packages));
    await makeExecutable({ name, program, platform, output, runtime, system: values.libraries });
  }
  await makeImageTree(platform, output);
  await makeOperatorTree(platform, output);
  // Written last, so that an interrupted build is repeated.
  if (platform === here) await writeFile('dist/source-hash', hash);
}
