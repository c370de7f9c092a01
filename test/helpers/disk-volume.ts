import { chmodSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { lacks, requireProgram } from './require.ts';
import { tool } from './saved.ts';
import { temporaryVolume } from './volume.ts';

/** A file system in a file. */
export interface DiskKind {
  readonly system: 'btrfs' | 'xfs' | 'ext4';
  readonly megabytes: number;
  /** Options of mount(8), of the file system. */
  readonly options?: string;
  /** Options of its mkfs. */
  readonly make?: readonly string[];
}

/** Mounts a new disk with a volume on it while the body runs; if that is not allowed, the test is skipped. */
export async function withDiskVolume(
  t: TestContext,
  { system, megabytes, options, make = [] }: DiskKind,
  body: (root: string) => Promise<void>,
): Promise<void> {
  const mkfs = `mkfs.${system}`;
  if (!requireProgram(t, mkfs)) return;
  const place = temporaryVolume(t);
  const [image, mount] = [join(place, 'image'), join(place, 'mount')];
  mkdirSync(mount);
  writeFileSync(image, '');
  truncateSync(image, megabytes * 1024 * 1024);
  try {
    tool(`/usr/sbin/${mkfs}`, ['-q', ...make, image]);
    tool('mount', ['-o', ['loop', ...(options === undefined ? [] : [options])].join(','), image, mount]);
  } catch {
    return lacks(t, 'a file cannot be mounted as a disk');
  }
  try {
    const root = join(mount, 'volume');
    mkdirSync(root);
    chmodSync(root, 0o777);
    await body(root);
  } finally {
    tool('umount', ['-l', mount]);
  }
}
