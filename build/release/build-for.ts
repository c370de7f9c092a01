import { execa } from 'execa';
import { here, type Platform } from '../architecture.ts';
import { fetchLibraries } from '../runtime/fetch-libraries.ts';
import { step } from './step.ts';

/** What was built for one processor. */
export interface PlatformBuild {
  readonly platform: Platform;
  /** Where its libraries were found: `/`, or a directory with unpacked packages. */
  readonly system: string;
  /** Where the build left the programs and their parts. */
  readonly output: string;
}

/** Builds both programs and the tree of the image for a processor. */
export async function buildFor(platform: Platform): Promise<PlatformBuild> {
  const system =
    platform === here ? '/' : await step(`libraries for ${platform.oci}`, () => fetchLibraries(platform));
  await step(`build for ${platform.oci}`, () =>
    execa(process.execPath, [
      ...['build/build.ts', '--platform', platform.architecture, '--libraries', system],
    ]),
  );
  return { platform, system, output: platform === here ? 'dist' : `dist/${platform.oci}` };
}
