import { glob, readFile } from 'node:fs/promises';

/** A place outside `package.json` that names the project's version. */
export interface VersionMention {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly version: string;
  /** Where the version begins in the file's text. */
  readonly at: number;
}

const semver = String.raw`(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]*[0-9A-Za-z])?)`;

/** What names the version, and in which files. The samples are released together with the program. */
const kinds: readonly { readonly files: RegExp; readonly pattern: string }[] = [
  {
    files: /./,
    pattern: `\\b(?:multiflexi-emissary(?:-operator)?|multiflexi-php-report|multiflexi/licence-audit):${semver}`,
  },
  { files: /./, pattern: `\\bmultiflexi-emissary-(?:operator-)?${semver}(?=-linux|\\.oci|\\.tgz|\\.cdx)` },
  // Debian's revision is not a part of it.
  { files: /./, pattern: `\\bmultiflexi-emissary_${semver}(?=-1_)` },
  { files: /^images\/.*\.multiflexi\.app\.json$/, pattern: `^ {2}"version": "${semver}"` },
  { files: /^images\/chart\/Chart\.yaml$/, pattern: `^(?:version: |appVersion: ")${semver}` },
  { files: /Dockerfile$/, pattern: `org\\.opencontainers\\.image\\.version="${semver}"` },
];
const left = ['node_modules', 'dist', '.git', '**/node_modules', '**/*.sqlite*'];

/** The version that `package.json` sets. */
export async function projectVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  return version;
}

/** Finds every mention of the project's version in the tree. The lock file is npm's own. */
export async function versionMentions(): Promise<readonly VersionMention[]> {
  const mentions: VersionMention[] = [];
  for await (const entry of glob(['**/*', '.*', '.*/**/*'], { exclude: left, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'package-lock.json') continue;
    const file = `${entry.parentPath}/${entry.name}`.replace(`${process.cwd()}/`, '').replace(/^\.\//, '');
    mentions.push(...mentionsIn(file, await readFile(file, 'utf8')));
  }
  return mentions;
}

function mentionsIn(file: string, text: string): readonly VersionMention[] {
  return kinds
    .filter(({ files }) => files.test(file))
    .flatMap(({ pattern }) => [...text.matchAll(new RegExp(pattern, 'dgm'))])
    .map(({ 1: version = '', indices }) => {
      const at = indices?.[1]?.[0] ?? 0;
      return { file, line: text.slice(0, at).split('\n').length, version, at };
    });
}
