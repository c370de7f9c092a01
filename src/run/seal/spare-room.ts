import { closeSync, constants, fsyncSync, openSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { displace } from '../../base/displace.ts';
import { limits } from '../../base/limits.ts';
import { removeFile } from '../../base/remove.ts';
import type { ContainerLayout } from '../../contract/layout.ts';
import { writeWhole } from '../../contract/publish.ts';
import { setAttribute } from '../../kernel/allocate.ts';

/** statfs(2): TMPFS_MAGIC, BTRFS_SUPER_MAGIC. */
const inMemory = 0x01021994;
const btrfs = 0x9123683e;

/** What kind of file system a volume is, as far as room for the seal is concerned. */
export type VolumeKind = 'memory' | 'copyOnWrite' | 'other';

/** @throws the operating system's error */
export function volumeKind(directory: string): VolumeKind {
  const { type } = statfsSync(directory);
  if (type === inMemory) return 'memory';
  return type === btrfs ? 'copyOnWrite' : 'other';
}

/**
 * Room for what renaming a reserved file takes of its own on a disk: a block of the directory, or copies of the file
 * system's trees. It is given back bit by bit when there is no other, since all file systems can remove a file when they
 * are full.
 */
export class SpareRoom {
  readonly #directory: string;
  readonly #paths: string[] = [];

  /** @param container beside whose files it is */
  constructor({ directory }: ContainerLayout) {
    this.#directory = directory;
  }

  /** How many times it can be released. */
  get left(): number {
    return this.#paths.length;
  }

  /** Takes it, as far as it is there. Never throws. */
  take(kind: VolumeKind): void {
    if (kind === 'memory' || this.#paths.length > 0) return;
    for (let count = 1; count <= limits.spareRooms; count += 1) {
      const path = join(this.#directory, `.spare.${count}.reserve`);
      try {
        makeSpare(path, kind);
        this.#paths.push(path);
      } catch {
        // The volume is nearly full as it is: what there is of it goes back.
        removeQuietly(path);
        return;
      }
    }
  }

  /** Gives a part of it back, so that there is room. @returns false when none is left */
  release(): boolean {
    const path = this.#paths.pop();
    if (path === undefined) return false;
    removeQuietly(path);
    try {
      // What was freed can be used again once the file system has recorded it.
      const directory = openSync(this.#directory, constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        fsyncSync(directory);
      } finally {
        closeSync(directory);
      }
    } catch {
      // Whoever needs the room learns it.
    }
    return true;
  }

  /** Gives all of it back. Never throws. */
  free(): void {
    for (const path of this.#paths.splice(0)) removeQuietly(path);
  }
}

/** A file's attributes are kept in the trees of btrfs, not among the data: only they keep room there. */
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
    // A leftover that the next run of the container takes for its own.
  }
}
