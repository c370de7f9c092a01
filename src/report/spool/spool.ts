import { closeSync, statfsSync } from 'node:fs';
import { isOutOfSpace } from '../../base/error-reason.ts';
import { messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import type { Volume } from '../../contract/volume.ts';
import { mayHoldMoreValues } from '../../observe/may-hold-more-values.ts';

/** A directory that holds the spool of one job. */
export interface SpoolPlace {
  /** The volume, or the reporter's own directory; the spool is `report/` in it. */
  readonly home: Volume;
  /** Its locked file. */
  readonly lock: number;
  readonly isPrivate: boolean;
}

/** The consequence of a record that could not be kept; the end of a message. */
export const unknownToNext = 'reporting continues, but a restarted reporter will not know it';

/**
 * The directory `report/`: what a reporter must know to take over from a killed one. README.md in this directory
 * describes its files.
 */
export class Spool {
  readonly volume: Volume;
  /** Where its files are, in `report/`; null: in memory. */
  readonly home: Volume | null;
  /** No job can reach it: its content was written by a reporter. */
  readonly isPrivate: boolean;
  readonly #lock: number | null;
  /** Records that could not be written: they last only as long as this process. */
  readonly #unkept = new Map<string, unknown>();
  /** Files that reserve space, the smallest first. */
  readonly #reserves: string[] = [];

  /** @param place made by `openSpool`; null: the spool is in memory */
  constructor(volume: Volume, place: SpoolPlace | null) {
    this.volume = volume;
    this.home = place?.home ?? null;
    this.isPrivate = place?.isPrivate ?? false;
    this.#lock = place?.lock ?? null;
  }

  /** A JSON record of the spool; null if it does not exist or is not JSON. */
  readRecord(name: string): unknown {
    if (this.#unkept.has(name)) return this.#unkept.get(name);
    if (this.home === null) return null;
    const look = this.home.read(`report/${name}`, limits.reportBytes);
    if (look.kind !== 'read' || mayHoldMoreValues(look.bytes, limits.reportValues)) return null;
    try {
      return JSON.parse(look.bytes.toString());
    } catch {
      return null; // Somebody else wrote there: treated as missing.
    }
  }

  /** Keeps a record. If it cannot be written, that is logged, and only this process knows it. */
  writeRecord(name: string, record: unknown): void {
    if (this.home === null) {
      this.#unkept.set(name, record);
      return;
    }
    try {
      const content = `${JSON.stringify(record)}\n`;
      if (this.home === this.volume) this.publish(`report/${name}`, content, 0o600);
      else this.home.publish(`report/${name}`, content, 0o600);
      this.#unkept.delete(name);
    } catch (error) {
      const isNew = !this.#unkept.has(name);
      this.#unkept.set(name, record);
      if (isNew) this.#logUnkept(name, error);
    }
  }

  /** Whether this record was written. */
  keeps(name: string): boolean {
    return !this.#unkept.has(name);
  }

  /**
   * Writes a file to the volume, and frees the reserve if the volume is full.
   * @throws the operating system's error
   */
  publish(path: string, content: string, mode: number): void {
    for (;;) {
      try {
        this.volume.publish(path, content, mode);
        return;
      } catch (error) {
        const reserve = this.#reserves.shift();
        if (reserve === undefined || !isOutOfSpace(error)) throw error;
        this.#free(reserve);
      }
    }
  }

  /**
   * Reserves space for the files written while the job runs, as far as there is any, since a job may fill the volume. Each
   * reserve file also holds a directory entry and an inode for a later file.
   */
  takeReserve(): void {
    if (!hasMuchRoom(this.volume.root)) return;
    try {
      this.volume.makeDirectory('report', 0o700);
    } catch {
      return; // Something else is in its place.
    }
    for (const [index, bytes] of limits.spoolReserveBytes.entries()) {
      const name = `report/reserve-${index + 1}`;
      try {
        this.volume.publish(name, ' '.repeat(bytes), 0o600);
        this.#reserves.push(name);
      } catch {
        // The volume is already full: there is no reserve then.
      }
    }
  }

  /** Frees the reserved space. */
  freeReserve(): void {
    for (const name of this.#reserves.splice(0)) this.#free(name);
  }

  close(): void {
    if (this.#lock !== null) closeSync(this.#lock);
  }

  #free(name: string): void {
    try {
      this.volume.remove(name);
    } catch {
      // Somebody has moved the spool away: the space is no longer ours.
    }
  }

  #logUnkept(name: string, error: unknown): void {
    log(`Cannot write ${name} to ${this.home?.root}/report: ${messageOf(error)}; ${unknownToNext}`);
  }
}

/** On a small volume, the space is left to the job, and to the wrappers that seal it. */
function hasMuchRoom(root: string): boolean {
  const { bavail, bsize, files, ffree } = statfsSync(root);
  const bytes = limits.spoolReserveBytes.reduce((sum, part) => sum + part, 0);
  // Some file systems allocate inodes on demand and report none.
  const hasInodes = files === 0 || ffree >= limits.spoolReserveBytes.length * limits.spoolReserveShare;
  return hasInodes && bavail * bsize >= bytes * limits.spoolReserveShare;
}
