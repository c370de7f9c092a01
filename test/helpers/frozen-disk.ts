import { chmodSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { lacks, requireProgram } from './require.ts';
import { tool } from './saved.ts';
import { temporaryVolume } from './volume.ts';

const diskBytes = 256 * 1024 * 1024;

/** A volume on its own disk that can be frozen. */
export interface Disk {
  readonly root: string;
  /** From now on every writer waits, and no signal but the thaw wakes it (FIFREEZE). */
  freeze(): void;
  /** Lets all writers continue. */
  thaw(): void;
  /** Makes the kernel find an error on the disk and mount it read-only. */
  breakDown(): void;
}

/** Makes an ext4 in a file and mounts it while the body runs; if that is not allowed, the test is skipped. */
export async function withDisk(t: TestContext, body: (disk: Disk) => Promise<void>): Promise<void> {
  if (!requireProgram(t, 'mkfs.ext4') || !requireProgram(t, 'fsfreeze')) return;
  const place = temporaryVolume(t);
  const [image, mount] = [join(place, 'image'), join(place, 'mount')];
  mkdirSync(mount);
  writeFileSync(image, '');
  truncateSync(image, diskBytes);
  try {
    tool('/usr/sbin/mkfs.ext4', ['-q', '-F', image]);
    tool('mount', ['-o', 'loop,errors=remount-ro', image, mount]);
  } catch {
    return lacks(t, 'a file cannot be mounted as a disk');
  }
  let frozen = false;
  const set = (wanted: boolean) => {
    if (frozen !== wanted) tool('/usr/sbin/fsfreeze', [wanted ? '-f' : '-u', mount]);
    frozen = wanted;
  };
  const root = join(mount, 'volume');
  try {
    mkdirSync(root);
    chmodSync(root, 0o777);
    const device = tool('findmnt', ['-n', '-o', 'SOURCE', mount]).trim().replace('/dev/', '');
    await body({
      root,
      freeze: () => set(true),
      thaw: () => set(false),
      breakDown: () => writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'a test'),
    });
  } finally {
    set(false);
    tool('umount', ['-l', mount]);
  }
}
