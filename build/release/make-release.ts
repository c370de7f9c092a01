import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Platform, platforms } from '../architecture.ts';
import { makeDebianPackage } from '../debian/debian-package.ts';
import { maintainer } from '../debian/maintainer.ts';
import { programs } from '../programs.ts';
import { projectVersion } from '../version-mentions.ts';
import { buildFor, type PlatformBuild } from './build-for.ts';
import { writeChecksums } from './checksums.ts';
import { chartName, packChart } from './helm-chart.ts';
import { writeManifests } from './install-bundle.ts';
import { licences } from './licences.ts';
import { makeNpmPackage } from './npm-package.ts';
import { makeOciArchive } from './oci-archive.ts';
import { requireTools } from './require-tools.ts';
import { makeSbom } from './sbom.ts';
import { type SourceState, sourceState } from './source-state.ts';
import { step } from './step.ts';

const name = 'multiflexi-emissary';
const release = 'dist/release';
/** The images, and where the build left their trees. */
const images = [
  {
    name,
    description: 'In-container job wrapper of MultiFlexi: init, run, wait',
    trees: 'dist/image',
  },
  {
    name: `${name}-operator`,
    description: 'Runs jobs of MultiFlexi that are resources of a Kubernetes cluster',
    trees: 'dist/operator-image',
  },
];
/** The release until all of it is there. */
const unfinished = 'dist/release.partial';
/** What parts of the release are made from; removed at the end. */
const work = 'dist/release.work';

/**
 * Makes dist/release anew; it appears when all of it is there.
 *
 * @param first the processor to build for first
 * @throws Error that names the step's tool and what it reported
 */
export async function makeRelease(first: Platform): Promise<void> {
  await requireTools();
  const source = await sourceState();
  const version = await projectVersion();
  process.stdout.write(`${name} ${version} from ${source.commit ?? 'sources without a commit'}\n`);
  if (source.warning !== null) process.stderr.write(`npm run release: warning: ${source.warning}\n`);
  for (const directory of [release, unfinished, work]) await rm(directory, { recursive: true, force: true });
  for (const directory of [unfinished, work]) await mkdir(directory, { recursive: true });
  const ordered = [first, ...platforms.filter((platform) => platform !== first)];
  const builds: PlatformBuild[] = [];
  for (const platform of ordered) builds.push(await buildFor(platform));
  await step('copies of the programs', () => copyPrograms(builds, version));
  await makePackages(builds, version, source);
  await step('SHA256SUMS', () => writeChecksums(unfinished));
  await rename(unfinished, release);
  await rm(work, { recursive: true });
  await list();
}

async function copyPrograms(builds: readonly PlatformBuild[], version: string): Promise<void> {
  for (const { platform, output } of builds) {
    for (const program of programs)
      await copyFile(join(output, program), join(unfinished, `${program}-${version}-linux-${platform.oci}`));
  }
}

async function makePackages(
  builds: readonly PlatformBuild[],
  version: string,
  source: SourceState,
): Promise<void> {
  const texts = await licences(builds, 'elsewhere');
  await step('images', () => makeImages({ builds, version, source, texts }));
  await step('chart', async () => {
    const output = join(unfinished, `${chartName}-${version}.tgz`);
    await packChart({ work: join(work, 'chart'), output, seconds: source.seconds });
    await writeManifests(unfinished);
  });
  await step('npm package', () => makeNpmPackage(builds, texts, join(work, 'npm'), unfinished));
  await step('Debian packages', async () => {
    const edition = { version, seconds: source.seconds, maintainer: maintainer() };
    const make = (build: PlatformBuild) =>
      makeDebianPackage(build, edition, join(work, `debian-${build.platform.oci}`), unfinished);
    await Promise.all(builds.map(make));
  });
  await step('SBOM', async () => {
    const sbom = await makeSbom(builds, source, version);
    await writeFile(join(unfinished, `${name}-${version}.cdx.json`), `${JSON.stringify(sbom, null, 2)}\n`);
  });
}

async function makeImages(of: {
  readonly builds: readonly PlatformBuild[];
  readonly version: string;
  readonly source: SourceState;
  readonly texts: string;
}): Promise<void> {
  const { builds, version, source, texts: licences } = of;
  const platforms = builds.map(({ platform }) => platform);
  const common = { platforms, version, source, licences };
  for (const { trees, ...title } of images) {
    const [place, output] = [join(work, title.name), join(unfinished, `${title.name}-${version}.oci.tar`)];
    await makeOciArchive({ ...common, title, trees, work: place, output });
  }
}

/** Prints what there is, with its size. */
async function list(): Promise<void> {
  const sums = await readFile(join(release, 'SHA256SUMS'), 'utf8');
  for (const file of [...sums.matchAll(/^\S+ {2}(.+)$/gm)].map(([, file = '']) => file)) {
    const { size } = await stat(join(release, file));
    process.stdout.write(`${release}/${file}  ${(size / 1e6).toFixed(1)} MB\n`);
  }
}
