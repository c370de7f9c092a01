import type { Volume } from '../contract/volume.ts';
import { watchDirectory } from '../contract/watch-directory.ts';
import { HoldDirectory, holdNames } from './hold-directory.ts';

/** Tells when the receiver of a volume has let it go. */
export class VolumeTaken {
  readonly #watching = new AbortController();

  /** @param onTaken called once or more. @throws Fault `volume` */
  constructor(volume: Volume, onTaken: () => void) {
    const directory = new HoldDirectory(volume);
    const look = () => {
      if (directory.isTaken) onTaken();
    };
    watchDirectory(directory.path, { names: holdNames, onChange: look, signal: this.#watching.signal });
    look();
  }

  close(): void {
    this.#watching.abort();
  }
}
