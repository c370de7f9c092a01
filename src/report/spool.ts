import { closeSync } from 'node:fs';
import { Fault } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';
import { lockFile } from '../kernel/lock.ts';

/**
 * The directory `report/`: what a sidecar must know to go on where another one was killed. README.md in this directory
 * tells what is in it.
 */
export class Spool {
  readonly volume: Volume;
  readonly #lock: number;

  /** @throws Fault `volume` when it cannot be written, or another sidecar has it */
  constructor(volume: Volume) {
    this.volume = volume;
    try {
      volume.makeDirectory('report', 0o700);
      this.#lock = volume.openAppend('report/lock');
    } catch (cause) {
      throw new Fault(
        'volume',
        `Cannot write to the spool ${volume.root}/report: ${(cause as Error).message}`,
        { cause },
      );
    }
    if (!lockFile(this.#lock)) {
      closeSync(this.#lock);
      throw new Fault(
        'volume',
        `Another emissary is reporting this job: it holds ${volume.root}/report/lock`,
      );
    }
  }

  /** A JSON record of the spool, or null when it is not there or not JSON. */
  readRecord(name: string): unknown {
    const look = this.volume.read(`report/${name}`, limits.resultBytes);
    if (look.kind !== 'read') return null;
    try {
      return JSON.parse(look.bytes.toString());
    } catch {
      return null; // Somebody else wrote there: it is as if nothing had been.
    }
  }

  writeRecord(name: string, record: unknown): void {
    this.volume.publish(`report/${name}`, `${JSON.stringify(record)}\n`, 0o600);
  }

  close(): void {
    closeSync(this.#lock);
  }
}
