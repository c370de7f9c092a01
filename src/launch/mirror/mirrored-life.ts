import { closeSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeFile } from '../../base/remove-file.ts';
import { goneName } from '../../contract/mirror/mirror-marker.ts';
import { publish } from '../../contract/publish.ts';
import { openHeldFifo } from '../../kernel/lock.ts';
import { MirrorRefusal } from './mirror-refusal.ts';

/**
 * Stands in for the far wrappers: holds the FIFO `alive` of each container as long as its wrapper lives. A broken
 * connection changes nothing: only the sender knows whether a wrapper is gone.
 */
export class MirroredLife {
  readonly #root: string;
  readonly #held = new Map<string, number>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The wrapper of a container lives. */
  hold(container: string): void {
    if (this.#held.has(container)) return;
    const descriptor = this.#open(container);
    removeFile(this.#path(container, goneName));
    this.#held.set(container, descriptor);
  }

  /** The wrapper of a container is gone. The marker comes first: a reader looks for it when the FIFO ends. */
  release(container: string): void {
    // Also where it never lived for us, so that a reader finds the end of it.
    const descriptor = this.#held.get(container) ?? this.#open(container);
    this.#held.delete(container);
    publish(this.#path(container, goneName), '');
    closeSync(descriptor);
  }

  /** Ends without a word about the wrappers. */
  close(): void {
    for (const descriptor of this.#held.values()) closeSync(descriptor);
    this.#held.clear();
  }

  #open(container: string): number {
    mkdirSync(join(this.#root, 'ctr', container), { recursive: true });
    const opened = openHeldFifo(this.#path(container, 'alive'));
    if (typeof opened === 'number') return opened;
    throw new MirrorRefusal(`the FIFO "alive" of container ${container} cannot be held`, true);
  }

  #path(container: string, name: string): string {
    return join(this.#root, 'ctr', container, name);
  }
}
