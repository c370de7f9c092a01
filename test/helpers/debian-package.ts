import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { here } from '../../build/architecture.ts';
import { makeDebianPackage } from '../../build/debian/debian-package.ts';
import { temporaryVolume } from './volume.ts';

/** A Debian package of the built programs, and what is in it. */
export interface BuiltPackage {
  readonly file: string;
  /** Its files, unpacked. */
  readonly tree: string;
}

const edition = { version: '0.0.1', seconds: 1_700_000_000, maintainer: 'Test <test@debian.org>' };

/**
 * Makes the package of what is in dist, as a release does, but compresses it less.
 *
 * @param directory where it goes
 */
export async function buildPackage(directory: string): Promise<BuiltPackage> {
  const build = { platform: here, system: '/', output: 'dist' };
  const file = await makeDebianPackage(build, edition, join(directory, 'work'), directory, ['-Zgzip', '-z1']);
  const tree = join(directory, 'tree');
  await execa('dpkg-deb', ['--extract', file, tree]);
  return { file, tree };
}

/**
 * Makes a later version of a package, with a script for each program.
 *
 * @param settings the text of its configuration file; null = as it was
 */
export async function laterPackage(
  t: TestContext,
  { file }: BuiltPackage,
  version: string,
  settings: string | null,
): Promise<string> {
  const directory = temporaryVolume(t);
  const tree = join(directory, 'tree');
  await mkdir(tree);
  await execa('dpkg-deb', ['--raw-extract', file, tree]);
  const control = join(tree, 'DEBIAN/control');
  const text = await readFile(control, 'utf8');
  await writeFile(control, text.replace(/^Version: .*/m, `Version: ${version}`));
  for (const program of ['emissary', 'multiflexi-emissary']) {
    await writeFile(join(tree, 'usr/bin', program), `#!/bin/sh\necho ${version}\n`);
    await chmod(join(tree, 'usr/bin', program), 0o755);
  }
  if (settings !== null) await writeFile(join(tree, 'etc/multiflexi/multiflexi-emissary.env'), settings);
  const later = join(directory, 'later.deb');
  await execa('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, later]);
  return later;
}
