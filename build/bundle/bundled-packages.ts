import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** The npm packages whose code esbuild has put into a bundle, as `name@version`, sorted. */
export async function bundledPackages({ outputs }: Metafile): Promise<readonly string[]> {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const directories = new Set(
    inputs
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .flatMap(([path]) => /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  return (await Promise.all([...directories].map(nameAndVersion))).sort();
}

async function nameAndVersion(directory: string): Promise<string> {
  const { name, version } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
  return `${name}@${version}`;
}
