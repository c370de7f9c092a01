import { isOutOfSpace } from '../../base/error-reason.ts';
import { messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import type { ContainerLayout } from '../../contract/layout.ts';
import type { Ended } from '../../contract/records.ts';
import { restoreDirectory } from '../open-container.ts';
import { publishReserved } from './publish-reserved.ts';
import { Reserve } from './reserve.ts';
import type { SpareSpace } from './spare-space.ts';

/**
 * Records the job's end on the volume as soon as it is known: saving, before the seal, may take long or be cut short.
 */
export class EndRecord {
  readonly #container: ContainerLayout;
  readonly #reserve: Reserve;
  readonly #spare: SpareSpace;

  /**
   * @param container the container whose end is recorded
   * @param spare the seal's spare space; one part of it is for this record
   */
  constructor(container: ContainerLayout, spare: SpareSpace) {
    this.#container = container;
    this.#spare = spare;
    this.#reserve = new Reserve(container.ended);
  }

  /** Reserves space if there is some, or reuses an earlier attempt's. @throws the operating system's error */
  reserve(): void {
    try {
      if (!this.#reserve.takeBack()) this.#reserve.take(limits.endedBytes);
    } catch (error) {
      this.#reserve.free();
      if (!isOutOfSpace(error)) throw error;
    }
  }

  /** See `Reserve.unwrite`. */
  unwrite(): void {
    this.#reserve.unwrite();
  }

  /** Frees unused space. Never throws. */
  free(): void {
    this.#reserve.free();
  }

  /** Publishes the record atomically, or logs why it cannot. Never throws. */
  publish(ended: Ended): void {
    const { directory, ended: path } = this.#container;
    const content = Buffer.from(`${JSON.stringify(ended)}\n`);
    if (this.#reserve.publish(content)) return;
    try {
      restoreDirectory(directory);
      publishReserved(content, { path, reserve: this.#reserve, spare: this.#spare, kept: 2 });
      this.#reserve.free();
    } catch (error) {
      // On a full volume saving is short, and the seal has its own reserve.
      if (!isOutOfSpace(error))
        log(`cannot write ${path}: ${messageOf(error)}; only the seal reports the job's end`);
    }
  }
}
