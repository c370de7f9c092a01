import { closeSync, statfsSync } from 'node:fs';
import { limits } from '../../base/limits.ts';
import { NotSaved } from '../reasons.ts';
import { type BytePath, fsPath } from './byte-path.ts';
import { openMember, readFull } from './read-file.ts';

/**
 * File systems that show the kernel's state (statfs(2)): proc, sysfs, cgroup, cgroup2, devpts, debugfs, tracefs,
 * securityfs, configfs, binfmt_misc.
 */
const kernelFileSystems = new Set([
  0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x1cd1, 0x64626720, 0x74726163, 0x73636673, 0x62656570,
  0x42494e4d,
]);

/** Tells whether something is a part of such a file system; of what cannot be looked at, the reader learns why. */
export function isKernels(path: BytePath): boolean {
  try {
    return kernelFileSystems.has(statfsSync(fsPath(path)).type);
  } catch {
    return false;
  }
}

/**
 * Reads a file of the kernel to its end: its size is said to be 0, or a page.
 * @throws NotSaved, or the operating system's error
 */
export function readKernelFile(path: BytePath): Buffer {
  const file = openMember(path);
  try {
    const pieces: Buffer[] = [];
    for (let length = 0; ; ) {
      const piece = Buffer.allocUnsafe(limits.pageBytes);
      const read = readFull(file, piece);
      pieces.push(piece.subarray(0, read));
      length += read;
      if (length > limits.kernelFileBytes)
        throw new NotSaved(
          `larger than the ${limits.kernelFileBytes} bytes that are read of a file of the kernel`,
        );
      if (read < piece.length) return Buffer.concat(pieces);
    }
  } finally {
    closeSync(file);
  }
}
