import { messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { isNoRoom } from '../../base/no-room.ts';
import type { ContainerLayout } from '../../contract/layout.ts';
import type { Ended } from '../../contract/records.ts';
import { restoreDirectory } from '../container.ts';
import { publishReserved } from './publish-reserved.ts';
import { Reserve } from './reserve.ts';
import type { SpareRoom } from './spare-room.ts';

/** The job's end on the volume as soon as it is known: what comes before the seal may take long, and be cut short. */
export class EndRecord {
  readonly #container: ContainerLayout;
  readonly #reserve: Reserve;
  readonly #spare: SpareRoom;

  /**
   * @param container whose end it is
   * @param spare what the seal has, of which one part is for this
   */
  constructor(container: ContainerLayout, spare: SpareRoom) {
    this.#container = container;
    this.#spare = spare;
    this.#reserve = new Reserve(container.ended);
  }

  /** Takes room for it, if there is so much; of an earlier attempt's, that room. @throws the operating system's error */
  reserve(): void {
    try {
      if (!this.#reserve.takeBack()) this.#reserve.take(limits.endedBytes);
    } catch (error) {
      this.#reserve.free();
      if (!isNoRoom(error)) throw error;
    }
  }

  /** As `Reserve.unwrite`. */
  unwrite(): void {
    this.#reserve.unwrite();
  }

  /** Gives its room back, if it was not used. Never throws. */
  free(): void {
    this.#reserve.free();
  }

  /** Makes it appear whole, or says why not. Never throws. */
  publish(ended: Ended): void {
    const { directory, ended: path } = this.#container;
    const content = Buffer.from(`${JSON.stringify(ended)}\n`);
    if (this.#reserve.publish(content)) return;
    try {
      restoreDirectory(directory);
      publishReserved(content, { path, reserve: this.#reserve, spare: this.#spare, kept: 2 });
      this.#reserve.free();
    } catch (error) {
      // On a full volume nothing is saved for long, and the seal has room of its own.
      if (!isNoRoom(error))
        log(`cannot write ${path}: ${messageOf(error)}; the job's end is told by the seal only`);
    }
  }
}
