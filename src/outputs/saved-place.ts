import { closeSync, constants, fchmodSync, fstatSync, openSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { errnoOf } from '../base/fault.ts';
import type { Layout } from '../contract/layout.ts';
import type { Place } from '../contract/unpublished-file.ts';
import {
  makeDirectoryWithin,
  openBeneath,
  pathOnly,
  removeWithin,
  renameAcross,
} from '../kernel/open-beneath.ts';

/** All users of the pod may write to the directories, as they may to the volume. */
const sharedDirectory = 0o777;

/**
 * The destination of a saved file. Its temporary name is in another directory and always the same, so that a later run
 * removes what a killed one left. Opens each directory of its path without following links that the job or another
 * container may have left in `outputs/`, so nothing is written outside the volume, even as root.
 */
export class SavedPlace implements Place {
  readonly #name: string;
  readonly #temporary: string;
  /** Descriptors of the directory with the temporary file, and of the final directory. */
  readonly #outputs: number;
  readonly #directory: number;

  /**
   * Creates missing directories; a link in place of one is removed.
   * @param path below the volume's root
   * @throws the operating system's error
   */
  constructor({ root, saving }: Layout, path: string) {
    this.#name = basename(path);
    this.#temporary = basename(saving);
    this.#outputs = openDirectories(root, relative(root, dirname(saving)));
    try {
      this.#directory = openDirectories(root, relative(root, dirname(path)));
    } catch (error) {
      shut(this.#outputs);
      throw error;
    }
  }

  /** See `Place`. */
  create(mode: number): number {
    this.remove();
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    return openBeneath(this.#outputs, this.#temporary, flags, mode);
  }

  /** See `Place`. */
  publish(): void {
    renameAcross(this.#outputs, this.#temporary, this.#directory, this.#name);
  }

  /** See `Place`. */
  remove(): void {
    removeWithin(this.#outputs, this.#temporary);
  }

  /** Closes the directories. Never throws: no data depends on it. */
  close(): void {
    for (const directory of [this.#outputs, this.#directory]) shut(directory);
  }
}

function openDirectories(root: string, path: string): number {
  let directory = openSync(root, pathOnly | constants.O_DIRECTORY);
  for (const name of path.split('/').filter((part) => part !== '')) {
    const above = directory;
    try {
      directory = openDirectory(above, name);
    } finally {
      shut(above);
    }
  }
  return directory;
}

function openDirectory(above: number, name: string): number {
  try {
    return openBeneath(above, name, pathOnly | constants.O_DIRECTORY);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && !isLink(above, name)) throw error;
  }
  removeWithin(above, name);
  makeDirectoryWithin(above, name, sharedDirectory);
  const made = openBeneath(above, name, constants.O_DIRECTORY);
  try {
    fchmodSync(made, sharedDirectory);
    return made;
  } catch (error) {
    shut(made);
    throw error;
  }
}

function isLink(above: number, name: string): boolean {
  let found: number;
  try {
    found = openBeneath(above, name, pathOnly);
  } catch {
    return false; // The caller throws the first error.
  }
  try {
    return fstatSync(found).isSymbolicLink();
  } finally {
    shut(found);
  }
}

function shut(directory: number): void {
  try {
    closeSync(directory);
  } catch {
    // See above.
  }
}
