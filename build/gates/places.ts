import { glob, readFile } from 'node:fs/promises';
import type { Gate } from './gate.ts';

/** Text that ties the tree to a machine or a registry. */
const places: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: 'a registry host',
    pattern: /\bregistry\.[a-z0-9-]+\.[a-z]{2,}\b|\b(?:quay|ghcr|gcr)\.io\b|\bdocker\.io\//,
  },
  { what: 'a package mirror', pattern: /\b(?:deb|security|archive)\.(?:debian|ubuntu)\.(?:org|com)\b/ },
  { what: 'a path of one machine', pattern: /(?<![\w.$}])\/(?:work|root|home\/[a-z]+)(?=[/'"`\s)]|$)/m },
];
const excluded = ['node_modules', 'dist', '.git', '**/node_modules', '**/*.sqlite*'];

/** Paths of a machine and names of registries do not belong in the project. */
export const noPlaces: Gate = {
  name: 'places',
  title: 'no file contains a registry name or a machine-specific path',
  async check() {
    const findings: string[] = [];
    let checked = 0;
    for await (const entry of glob(['**/*', '.*', '.*/**/*'], { exclude: excluded, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      checked += 1;
      findings.push(...(await findingsIn(`${entry.parentPath}/${entry.name}`)));
    }
    return checked === 0 ? ['no file was checked'] : findings;
  },
};

async function findingsIn(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8');
  return places.flatMap(({ what, pattern }) => {
    const found = pattern.exec(text);
    if (found === null) return [];
    return [`${file}:${text.slice(0, found.index).split('\n').length}: ${what}: ${found[0]}`];
  });
}
