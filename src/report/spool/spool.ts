import { closeSync, statfsSync } from 'node:fs';
import { messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { isNoRoom } from '../../base/no-room.ts';
import type { Volume } from '../../contract/volume.ts';
import { mayHoldMoreValues } from '../../observe/may-hold-more-values.ts';

/** A directory that holds the spool of one job. */
export interface SpoolPlace {
  /** The volume, or a directory of the sidecar's own; the spool is `report/` in it. */
  readonly home: Volume;
  /** Its locked file. */
  readonly lock: number;
  readonly isPrivate: boolean;
}

/**
 * The directory `report/`: what a sidecar must know to go on where another one was killed. README.md in this directory
 * tells what is in it.
 */
export class Spool {
  readonly volume: Volume;
  /** Where its files are, in `report/`; null: in memory. */
  readonly home: Volume | null;
  /** No job can reach it: what is there was written by a sidecar. */
  readonly isPrivate: boolean;
  readonly #lock: number | null;
  /** Records that the volume did not take: they hold for as long as this process lives. */
  readonly #unkept = new Map<string, unknown>();
  /** Files that hold room, the smallest first. */
  readonly #reserves: string[] = [];

  /** @param place made by `openSpool`; null: it is kept in memory */
  constructor(volume: Volume, place: SpoolPlace | null) {
    this.volume = volume;
    this.home = place?.home ?? null;
    this.isPrivate = place?.isPrivate ?? false;
    this.#lock = place?.lock ?? null;
  }

  /** A JSON record of the spool, or null when it is not there or not JSON. */
  readRecord(name: string): unknown {
    if (this.#unkept.has(name)) return this.#unkept.get(name);
    if (this.home === null) return null;
    const look = this.home.read(`report/${name}`, limits.reportBytes);
    if (look.kind !== 'read' || mayHoldMoreValues(look.bytes, limits.reportValues)) return null;
    try {
      return JSON.parse(look.bytes.toString());
    } catch {
      return null; // Somebody else wrote there: it is as if nothing had been.
    }
  }

  /** Keeps a record. Where the volume does not take it, that is said, and this process alone knows of it. */
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
      if (isNew) this.#sayUnkept(name, error);
    }
  }

  /** Whether the volume has taken this record. */
  keeps(name: string): boolean {
    return !this.#unkept.has(name);
  }

  /**
   * Writes a file to the volume, at the cost of the reserve where it is full.
   * @throws the operating system's error
   */
  publish(path: string, content: string, mode: number): void {
    for (;;) {
      try {
        this.volume.publish(path, content, mode);
        return;
      } catch (error) {
        const reserve = this.#reserves.shift();
        if (reserve === undefined || !isNoRoom(error)) throw error;
        this.#free(reserve);
      }
    }
  }

  /**
   * Takes room for what is written while the job runs, as far as there is any: a job may fill the volume. Each file is a
   * place in the directory and an inode too, for one that is to come.
   */
  takeReserve(): void {
    if (!hasMuchRoom(this.volume.root)) return;
    try {
      this.volume.makeDirectory('report', 0o700);
    } catch {
      return; // Something of somebody else's is there.
    }
    for (const [index, bytes] of limits.spoolReserveBytes.entries()) {
      const name = `report/reserve-${index + 1}`;
      try {
        this.volume.publish(name, ' '.repeat(bytes), 0o600);
        this.#reserves.push(name);
      } catch {
        // The volume is full already: then it is as if there were no reserve.
      }
    }
  }

  /** Gives the room back. */
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
      // Somebody has moved the spool away: the room is not ours any more.
    }
  }

  #sayUnkept(name: string, error: unknown): void {
    log(
      `Cannot keep ${name} in ${this.home?.root}/report: ${messageOf(error)}; all goes on, but another sidecar would not know it`,
    );
  }
}

/** On a small volume the room is for the wrappers, which seal the job, and for the job. */
function hasMuchRoom(root: string): boolean {
  const { bavail, bsize, files, ffree } = statfsSync(root);
  const bytes = limits.spoolReserveBytes.reduce((sum, part) => sum + part, 0);
  // Some file systems make inodes as they are needed, and have none to count.
  const hasInodes = files === 0 || ffree >= limits.spoolReserveBytes.length * limits.spoolReserveShare;
  return hasInodes && bavail * bsize >= bytes * limits.spoolReserveShare;
}
