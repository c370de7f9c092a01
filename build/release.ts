import { here } from './architecture.ts';
import { makeRelease } from './release/make-release.ts';

/**
 * `npm run release`: makes dist/release, all that is published of one version. build/README.md tells what is in it.
 * The processor of this machine is built for first, then the other one.
 */
// Directories and files of a release can be read by anybody, whatever the maker's umask.
process.umask(0o022);
try {
  await makeRelease(here);
} catch (error) {
  // What we report in one sentence needs no trace; a defect does.
  const isOurs = error instanceof Error && ['Error', 'ExecaError'].includes(error.name);
  process.stderr.write(`npm run release: ${isOurs ? error.message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
