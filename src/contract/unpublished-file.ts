import { closeSync, fchmodSync } from 'node:fs';
import { writeWhole } from '../base/write-whole.ts';

/** Where a file is made under a temporary name, and then appears under its own. All throw the system's errors. */
export interface Place {
  /** Makes the file, in place of what a killed process left under that name. @returns a descriptor for writing */
  create(mode: number): number;
  /** Renames the file and replaces what has its own name (rename(2) is atomic). */
  publish(): void;
  /** Removes the file under its temporary name. */
  remove(): void;
}

/**
 * A file that appears whole or not at all. Readers on the same kernel never see a part of it. It is not flushed to
 * disk: it must survive the death of any process, but the volume does not outlive its node.
 */
export class UnpublishedFile {
  /** For writing. */
  readonly descriptor: number;
  readonly #place: Place;
  #isOpen = true;

  /**
   * @param mode the file's mode, whatever the umask
   * @throws the operating system's error; nothing is left behind
   */
  constructor(place: Place, mode: number) {
    this.#place = place;
    this.descriptor = place.create(mode);
    try {
      fchmodSync(this.descriptor, mode);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Whether the descriptor is this file's: afterwards it may belong to another. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Gives the file its own name. It is closed first: some volumes report a failed write only then (NFS, quotas).
   * @throws the operating system's error; the caller discards the file
   */
  publish(): void {
    this.#close();
    this.#place.publish();
  }

  /** Removes the file. Never throws: what made it useless is reported, and a remnant is not worth another message. */
  discard(): void {
    try {
      this.#close();
    } catch {
      // See above.
    }
    try {
      this.#place.remove();
    } catch {
      // See above.
    }
  }

  /** Closes only once, even if close fails. */
  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.descriptor);
  }
}

/** Publishes these bytes. @throws the operating system's error; nothing is left behind */
export function publishAt(place: Place, content: string | Uint8Array, mode: number): void {
  const file = new UnpublishedFile(place, mode);
  try {
    writeWhole(file.descriptor, typeof content === 'string' ? Buffer.from(content) : content, 0);
    file.publish();
  } catch (error) {
    file.discard();
    throw error;
  }
}
