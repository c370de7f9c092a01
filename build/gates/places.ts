import { glob, readFile } from 'node:fs/promises';
import type { Gate } from './gate.ts';

/** Text that ties the tree to a machine or to a registry. */
const places: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: 'a registry host',
    pattern: /\bregistry\.[a-z0-9-]+\.[a-z]{2,}\b|\b(?:quay|ghcr|gcr)\.io\b|\bdocker\.io\//,
  },
  { what: 'a package mirror', pattern: /\b(?:deb|security|archive)\.(?:debian|ubuntu)\.(?:org|com)\b/ },
  { what: 'a path of one machine', pattern: /(?<![\w.$}])\/(?:work|root|home\/[a-z]+)(?=[/'"`\s)]|$)/m },
];
const left = ['node_modules', 'dist', '.git', '**/node_modules', '**/*.sqlite*'];

/** A machine's paths and a registry's name do not belong to the project. */
export const noPlaces: Gate = {
  name: 'places',
  title: 'the tree names no registry and no path of one machine',
  async check() {
    const findings: string[] = [];
    let looked = 0;
    for await (const entry of glob(['**/*', '.*', '.*/**/*'], { exclude: left, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      looked += 1;
      findings.push(...(await findingsIn(`${entry.parentPath}/${entry.name}`)));
    }
    return looked === 0 ? ['no file was looked at'] : findings;
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
