import { removeFile } from '../../base/remove-file.ts';
import type { ContainerLayout } from '../../contract/layout.ts';
import { publish } from '../../contract/publish.ts';
import type { SavingProgress } from '../../contract/records.ts';

/** Shows the progress of saving on the volume. Best effort: nothing depends on it. */
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
      // The volume may be full; then saving fails, too, and reports it.
    }
  }

  /** Call when saving is over. Never throws. */
  remove(): void {
    try {
      if (this.#isThere) removeFile(this.#path);
    } catch {
      // The next run removes it, and readers prefer the seal.
    }
  }
}
