import { closeSync, constants, fsyncSync, openSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { displace } from '../../base/displace.ts';
import { limits } from '../../base/limits.ts';
import { removeFile } from '../../base/remove-file.ts';
import { writeWhole } from '../../base/write-whole.ts';
import type { ContainerLayout } from '../../contract/layout.ts';
import { setAttribute } from '../../kernel/allocate.ts';

/** statfs(2): TMPFS_MAGIC, BTRFS_SUPER_MAGIC. */
const inMemory = 0x01021994;
const btrfs = 0x9123683e;

/** The kind of file system, as far as reserving space for the seal is concerned. */
export type VolumeKind = 'memory' | 'copyOnWrite' | 'other';

/** @throws the operating system's error */
export function volumeKind(directory: string): VolumeKind {
  const { type } = statfsSync(directory);
  if (type === inMemory) return 'memory';
  return type === btrfs ? 'copyOnWrite' : 'other';
}

/**
 * Spare space for renaming a reserved file on a disk, which itself needs a directory block or copies of the file
 * system's trees. It is released part by part when the volume is full: every full file system can still remove a file.
 */
export class SpareSpace {
  readonly #directory: string;
  readonly #paths: string[] = [];

  /** @param container the container in whose directory the spare files are */
  constructor({ directory }: ContainerLayout) {
    this.#directory = directory;
  }

  /** How many parts can still be released. */
  get left(): number {
    return this.#paths.length;
  }

  /** Reserves as much as there is. Never throws. */
  take(kind: VolumeKind): void {
    if (kind === 'memory' || this.#paths.length > 0) return;
    for (let count = 1; count <= limits.spareFiles; count += 1) {
      const path = join(this.#directory, `.spare.${count}.reserve`);
      try {
        makeSpare(path, kind);
        this.#paths.push(path);
      } catch {
        // The volume is nearly full: free the partial file.
        removeQuietly(path);
        return;
      }
    }
  }

  /** Releases one part. @returns false if none is left */
  release(): boolean {
    const path = this.#paths.pop();
    if (path === undefined) return false;
    removeQuietly(path);
    try {
      // Freed blocks can be used again once the file system has committed the removal.
      const directory = openSync(this.#directory, constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        fsyncSync(directory);
      } finally {
        closeSync(directory);
      }
    } catch {
      // The caller's next write shows whether there is space.
    }
    return true;
  }

  /** Frees all parts. Never throws. */
  free(): void {
    for (const path of this.#paths.splice(0)) removeQuietly(path);
  }
}

/** btrfs stores a file's attributes in its metadata trees: only they reserve space there. */
function makeSpare(path: string, kind: VolumeKind): void {
  displace(path);
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeWhole(file, Buffer.alloc(limits.spareBytes, ' '), 0);
    if (kind !== 'copyOnWrite') return;
    const value = Buffer.alloc(limits.spareAttributeBytes, ' ');
    for (let taken = 0; taken < limits.spareTreeBytes; taken += value.length)
      if (!setAttribute(file, `user.spare.${taken}`, value)) return;
  } finally {
    closeSync(file);
  }
}

function removeQuietly(path: string): void {
  try {
    removeFile(path);
  } catch {
    // The container's next run reuses the file.
  }
}
