import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { programs } from '../programs.ts';
import type { PlatformBuild } from '../release/build-for.ts';
import { licences } from '../release/licences.ts';
import { debianChangelog } from './changelog.ts';
import { completions } from './completions.ts';
import { manPages } from './man-pages.ts';
import { documents, packageName } from './names.ts';
import { type PackageFile, plainFile } from './package-file.ts';

/** What the release is: the package's files depend on nothing else. */
export interface PackageEdition {
  readonly version: string;
  /** The release's time, since 1970. */
  readonly seconds: number;
  readonly maintainer: string;
}

/** PHP classes for MultiFlexi: all files of a pattern, each below `to` as it is below `from`. */
const classes: readonly { readonly from: string; readonly files: string; readonly to: string }[] = [
  { from: 'executor', files: 'MultiFlexi/Executor/*.php', to: 'usr/share/php' },
  { from: 'executor', files: 'MultiFlexiEmissary/**/*.php', to: 'usr/share/php' },
];

/** The configuration file: an administrator's changes stay. */
export const configuration = `etc/multiflexi/${packageName}.env`;

/** All files that the package installs. */
export async function installedFiles(
  build: PlatformBuild,
  edition: PackageEdition,
): Promise<readonly PackageFile[]> {
  const { version, seconds, maintainer } = edition;
  const changes = debianChangelog(await readFile('CHANGELOG.md', 'utf8'), version, seconds, maintainer);
  return [
    ...programs.map((program) => ({
      path: `usr/bin/${program}`,
      mode: 0o755,
      content: { copyOf: join(build.output, program) },
    })),
    { path: configuration, mode: 0o640, content: own(`${packageName}.env`) },
    ...manPages(edition),
    ...completions(),
    plainFile(`${documents}/copyright`, await licences([build], 'debian')),
    plainFile(`${documents}/changelog.Debian.gz`, gzipSync(changes, { level: 9 })),
    plainFile(`${documents}/examples/emissary.conf`, own('emissary.conf')),
    plainFile(`usr/share/lintian/overrides/${packageName}`, own('lintian-overrides')),
    ...(await classFiles()),
  ];
}

/** A file that is installed as it is in this tree. */
function own(name: string): { readonly copyOf: string } {
  return { copyOf: join(import.meta.dirname, 'files', name) };
}

async function classFiles(): Promise<readonly PackageFile[]> {
  const found = classes.map(async ({ from, files, to }) => {
    const paths = (await Array.fromAsync(glob(files, { cwd: from }))).sort();
    return paths.map((path) => plainFile(join(to, path), { copyOf: join(from, path) }));
  });
  return (await Promise.all(found)).flat();
}
