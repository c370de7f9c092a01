import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { programs } from '../programs.ts';
import type { PlatformBuild } from './build-for.ts';

/** The npm packages whose code is in the programs, as `name@version`, sorted. */
export async function bundledBy(builds: readonly PlatformBuild[]): Promise<ReadonlySet<string>> {
  const files = builds.flatMap(({ output }) =>
    programs.map((program) => join(output, 'parts', program, 'packages.json')),
  );
  const lists = await Promise.all(files.map(async (file) => JSON.parse(await readFile(file, 'utf8'))));
  return new Set<string>(lists.flat().sort());
}
