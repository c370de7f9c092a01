import { readFile } from 'node:fs/promises';
import { projectVersion, versionMentions } from '../version-mentions.ts';
import type { Gate } from './gate.ts';

/** Everything that names the project's version follows `package.json`: see build/set-version.ts. */
export const versions: Gate = {
  name: 'versions',
  title: 'every mention of the version is that of package.json',
  async check() {
    const version = await projectVersion();
    const mentions = await versionMentions();
    const others = mentions.filter((mention) => mention.version !== version);
    return [
      ...(mentions.length === 0 ? ['no mention of the version was looked at'] : []),
      ...others.map(({ file, line, version: found }) => `${file}:${line} has ${found} instead of ${version}`),
      ...(await lockFile(version)),
    ];
  },
};

/** npm keeps the version there twice. */
async function lockFile(version: string): Promise<readonly string[]> {
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8'));
  const found: readonly string[] = [lock.version, lock.packages[''].version];
  return found
    .filter((each) => each !== version)
    .map((each) => `package-lock.json has ${each} instead of ${version}`);
}
