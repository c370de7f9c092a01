import { isOutOfSpace } from '../../base/error-reason.ts';
import { publish } from '../../contract/publish.ts';
import type { Reserve } from './reserve.ts';
import type { SpareSpace } from './spare-space.ts';

/** Where a file is published, and the space reserved for it. */
export interface Reserved {
  readonly path: string;
  readonly reserve: Reserve;
  readonly spare: SpareSpace;
  /** How many parts of the spare space to keep for later files. */
  readonly kept: number;
}

/**
 * Publishes a file atomically: in its reserved space, else in any free space, else in spare space that is released.
 * @throws the operating system's error; no partial file remains
 */
export function publishReserved(content: Buffer, { path, reserve, spare, kept }: Reserved): void {
  for (;;) {
    if (reserve.publish(content)) return;
    try {
      return publish(path, content);
    } catch (error) {
      if (!isOutOfSpace(error) || spare.left <= kept) throw error;
      spare.release();
    }
  }
}
