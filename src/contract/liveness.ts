import { closeSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { after, type Timer } from '../base/timer.ts';
import { readNow } from '../kernel/pipe.ts';
import { type Readiness, watchDescriptor } from '../kernel/readiness.ts';
import type { Volume } from './volume.ts';

/** What nobody wants to know: as much as a FIFO holds. */
const scratch = Buffer.alloc(limits.livenessBytes);

/**
 * Whether the wrapper of a container lives. `unknown`: it has not come yet, or is none of ours. `dying`: it is gone,
 * and its seal may be there in a moment, or another wrapper. `gone`: neither has come.
 */
export type Life = 'unknown' | 'living' | 'dying' | 'gone';

/**
 * Follows a wrapper's life by its FIFO `alive`: the kernel tells its end of file at the moment of the wrapper's death,
 * however it died, in whatever container (fifo(7)). Nothing is asked of the cluster.
 */
export class Liveness {
  readonly #volume: Volume;
  readonly #path: string;
  readonly #startedPath: string;
  readonly #onChange: () => void;
  #file: number | null = null;
  #readiness: Readiness | null = null;
  #seen = false;
  /** Whether the file that is open now was opened before the job was started. */
  #isOfBefore = false;
  #isProven = false;
  /** When its end of file was found, ms of a monotonic clock; null while somebody holds it. */
  #endedAt: number | null = null;
  #confirmation: Timer | null = null;
  #pause: Timer | null = null;

  /** @param onChange called when a wrapper has become `dying`, and when it has become `gone`; look then */
  constructor(volume: Volume, name: string, onChange: () => void) {
    this.#volume = volume;
    this.#path = `ctr/${name}/alive`;
    this.#startedPath = `ctr/${name}/started`;
    this.#onChange = onChange;
  }

  /** Looks at the FIFO, if it is there, and follows it from then on. */
  look(): Life {
    if (this.#file === null) this.#open();
    if (this.#file !== null) this.#read();
    if (!this.#seen) return 'unknown';
    if (this.#endedAt === null) return 'living';
    return performance.now() < this.#endedAt + limits.lostConfirmMs ? 'dying' : 'gone';
  }

  /**
   * Whether its end of file tells the wrapper's death for certain: it was opened before the job was started. Afterwards
   * the job may have put another FIFO in its place.
   */
  get isProven(): boolean {
    return this.#isProven;
  }

  close(): void {
    this.#confirmation?.cancel();
    this.#release();
  }

  #open(): void {
    const opened = this.#volume.openKind(this.#path, (found) => found.isFIFO());
    if ('kind' in opened) return;
    this.#file = opened.descriptor;
    this.#isOfBefore = !this.#volume.has(this.#startedPath);
    this.#readiness = watchDescriptor(opened.descriptor, 'read', () => {
      const before = this.#endedAt;
      this.#read();
      if (before === null && this.#endedAt !== null) this.#onChange();
    });
    this.#readiness?.arm();
  }

  #read(): void {
    if (this.#file === null) return;
    this.#seen = true;
    // What a job writes there means nothing: only the end of file does. EAGAIN: somebody holds it open.
    const count = readNow(this.#file, scratch);
    if (count !== 0) {
      this.#endedAt = null;
      if (count > 0) this.#rest();
      return;
    }
    this.#release();
    // Opened anew it says so again, and cannot take back what the first one has proven.
    if (this.#endedAt !== null) return;
    this.#endedAt = performance.now();
    this.#isProven = this.#isOfBefore;
    this.#confirmation?.cancel();
    this.#confirmation = after(limits.lostConfirmMs + 1, this.#onChange);
  }

  /** A job that writes there without end is not to be read without end. */
  #rest(): void {
    this.#readiness?.disarm();
    this.#pause ??= after(limits.watchPollMs, () => {
      this.#pause = null;
      this.#readiness?.arm();
    });
  }

  #release(): void {
    this.#pause?.cancel();
    this.#pause = null;
    this.#readiness?.close();
    this.#readiness = null;
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}
