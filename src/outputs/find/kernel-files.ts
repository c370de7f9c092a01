import { closeSync, statfsSync } from 'node:fs';
import { limits } from '../../base/limits.ts';
import { NotSaved } from '../reasons.ts';
import { type BytePath, fsPath } from './byte-path.ts';
import { openMember, readFull } from './read-file.ts';

/**
 * File systems that expose kernel state (statfs(2)): proc, sysfs, cgroup, cgroup2, devpts, debugfs, tracefs,
 * securityfs, configfs, binfmt_misc.
 */
const kernelFileSystems = new Set([
  0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x1cd1, 0x64626720, 0x74726163, 0x73636673, 0x62656570,
  0x42494e4d,
]);

/** Whether the path is in such a file system; false if that cannot be determined, since reading it will fail, too. */
export function isKernelFile(path: BytePath): boolean {
  try {
    return kernelFileSystems.has(statfsSync(fsPath(path)).type);
  } catch {
    return false;
  }
}

/**
 * Reads a kernel file to its end, since its reported size is 0 or a page.
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
        throw new NotSaved(`larger than the limit of ${limits.kernelFileBytes} bytes for a kernel file`);
      if (read < piece.length) return Buffer.concat(pieces);
    }
  } finally {
    closeSync(file);
  }
}
