import { closeSync, constants, fstatSync } from 'node:fs';
import type { Volume } from '../contract/volume.ts';
import { readNow } from '../kernel/pipe.ts';
import { type Readiness, watchDescriptor } from '../kernel/readiness.ts';

/** Whether the wrapper of a container lives. `unknown`: it has not come yet, or is none of ours. */
export type Life = 'unknown' | 'living' | 'gone';

/**
 * Follows a wrapper's life by its FIFO `alive`: the kernel tells its end of file at the moment of the wrapper's death,
 * however it died, in whatever container (fifo(7)). Nothing is asked of the cluster.
 */
export class Lifeline {
  readonly #volume: Volume;
  readonly #path: string;
  readonly #onGone: () => void;
  readonly #scratch = Buffer.alloc(512);
  #file: number | null = null;
  #readiness: Readiness | null = null;
  #life: Life = 'unknown';

  /** @param onGone called once each time that a living wrapper turns out to be gone */
  constructor(volume: Volume, name: string, onGone: () => void) {
    this.#volume = volume;
    this.#path = `ctr/${name}/alive`;
    this.#onGone = onGone;
  }

  /** Looks at the FIFO, if it is there, and follows it from then on. */
  look(): Life {
    if (this.#file === null) this.#open();
    if (this.#file !== null) this.#read();
    return this.#life;
  }

  close(): void {
    this.#readiness?.close();
    this.#readiness = null;
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #open(): void {
    const opened = this.#volume.openAny(this.#path, constants.O_RDONLY);
    if ('kind' in opened) return;
    if (!fstatSync(opened.descriptor).isFIFO()) {
      closeSync(opened.descriptor);
      return;
    }
    this.#file = opened.descriptor;
    this.#readiness = watchDescriptor(opened.descriptor, 'read', () => this.#read());
    this.#readiness?.arm();
  }

  #read(): void {
    if (this.#file === null) return;
    const count = readNow(this.#file, this.#scratch);
    // What a job writes there means nothing: only the end of file does. EAGAIN: somebody holds it open.
    if (count !== 0) {
      this.#life = 'living';
      return;
    }
    const before = this.#life;
    this.#life = 'gone';
    this.close();
    if (before === 'living') setImmediate(this.#onGone);
  }
}
