import { isNoRoom } from '../../base/no-room.ts';
import { publish } from '../../contract/publish.ts';
import type { Reserve } from './reserve.ts';
import type { SpareRoom } from './spare-room.ts';

/** Where and in which room something is published. */
export interface Reserved {
  readonly path: string;
  readonly reserve: Reserve;
  readonly spare: SpareRoom;
  /** How many times the spare room is to be left for what comes after it. */
  readonly kept: number;
}

/**
 * Makes a file appear whole: in the room that was taken for it, else in any, and with spare room given back where a full
 * volume takes neither.
 * @throws the operating system's error; nothing is left behind
 */
export function publishReserved(content: Buffer, { path, reserve, spare, kept }: Reserved): void {
  for (;;) {
    if (reserve.publish(content)) return;
    try {
      return publish(path, content);
    } catch (error) {
      if (!isNoRoom(error) || spare.left <= kept) throw error;
      spare.release();
    }
  }
}
