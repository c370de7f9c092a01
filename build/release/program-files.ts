import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { programs } from '../programs.ts';
import type { PlatformBuild } from './build-for.ts';
import type { Component } from './component.ts';

/** The programs of a release, under the names of their files, with their checksums. */
export function programFiles(
  builds: readonly PlatformBuild[],
  version: string,
): Promise<readonly Component[]> {
  const files = builds.flatMap(({ platform, output }) =>
    programs.map(async (program) => {
      const name = `${program}-${version}-linux-${platform.oci}`;
      const hash = createHash('sha256').update(await readFile(join(output, program)));
      return {
        'bom-ref': name,
        type: 'file',
        name,
        hashes: [{ alg: 'SHA-256', content: hash.digest('hex') }],
      };
    }),
  );
  return Promise.all(files);
}
