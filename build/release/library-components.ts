import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Platform } from '../architecture.ts';
import { librariesOf } from '../runtime/libraries.ts';
import { libraryPackages, packageOf, versionsFile } from '../runtime/library-packages.ts';
import type { PlatformBuild } from './build-for.ts';
import type { Component } from './component.ts';

const libcLicence = 'LGPL-2.1-or-later';
const gccLicence = 'GPL-3.0-or-later WITH GCC-exception-3.1';

/** Debian's packages with the loader and the libraries that the programs for one processor carry. */
export async function libraryComponents(build: PlatformBuild): Promise<readonly Component[]> {
  const { platform, system, output } = build;
  const libraries = await librariesOf(await readFile(join(output, 'parts/node')), platform, system);
  const versions = await versionsOf(build);
  const distribution = await distributionId();
  return libraryPackages.map((name) => {
    const version = versions.get(name) ?? '';
    const place = `${distribution}/${encodeURIComponent(name)}@${encodeURIComponent(version)}`;
    const purl = `pkg:deb/${place}?arch=${platform.oci}`;
    const files = [...libraries].filter(([library]) => packageOf(library) === name);
    return {
      'bom-ref': purl,
      type: 'library',
      name,
      version,
      scope: 'required',
      purl,
      licenses: [{ expression: name === 'libc6' ? libcLicence : gccLicence }],
      ...(name === 'libc6' && {
        pedigree: { notes: 'The loader does not read /etc/ld.so.preload (build/runtime/libraries.ts).' },
      }),
      components: files.map(([library, content]) => file(library, content, platform)),
    };
  });
}

function file(library: string, content: Buffer, { oci }: Platform): Component {
  return {
    'bom-ref': `${oci}/${library}`,
    type: 'file',
    name: library,
    hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(content).digest('hex') }],
  };
}

/** Versions by the packages' names: those that were unpacked, or those that are installed. */
async function versionsOf({ platform, system }: PlatformBuild): Promise<ReadonlyMap<string, string>> {
  const names = libraryPackages.map((name) => `${name}:${platform.oci}`);
  const lines =
    system === '/'
      ? (await execa('dpkg-query', ['--show', ...names])).stdout
      : await readFile(join(system, versionsFile), 'utf8');
  return new Map(lines.split('\n').map((line) => [line.split(/[:\t]/)[0] ?? '', line.split('\t')[1] ?? '']));
}

/** The distribution's name in package URLs: `debian`, `ubuntu`. */
async function distributionId(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8');
  return /^ID="?([a-z0-9._-]+)/m.exec(release)?.[1] ?? 'debian';
}
