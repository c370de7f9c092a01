import { removeFile } from '../../base/remove.ts';
import type { ContainerLayout } from '../../contract/layout.ts';
import { publish } from '../../contract/publish.ts';
import type { SavingProgress } from '../../contract/records.ts';

/** Tells on the volume how far saving is, as far as that can be written: nothing depends on it. */
export class SavingProgressFile {
  readonly #path: string;
  #isThere = false;

  constructor({ saving }: ContainerLayout) {
    this.#path = saving;
  }

  /** Never throws. */
  write(progress: SavingProgress): void {
    try {
      publish(this.#path, JSON.stringify(progress));
      this.#isThere = true;
    } catch {
      // A full volume, say. What is being saved has trouble of its own then.
    }
  }

  /** Saving is over. Never throws. */
  remove(): void {
    try {
      if (this.#isThere) removeFile(this.#path);
    } catch {
      // The next run removes it, and the seal says more.
    }
  }
}
