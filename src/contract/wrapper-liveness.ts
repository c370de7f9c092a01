import { closeSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { after, type Timer } from '../base/timer.ts';
import { readNow } from '../kernel/pipe.ts';
import { type Readiness, watchDescriptor } from '../kernel/watch-descriptor.ts';
import { goneName, isMirror } from './mirror/mirror-marker.ts';
import type { Volume } from './volume.ts';

/** Receives data that nobody needs; as large as a FIFO. */
const scratch = Buffer.alloc(limits.livenessBytes);

/**
 * Whether the wrapper of a container is alive. `unknown`: it has not started yet, or is not ours. `dying`: it is
 * gone, and its seal or another wrapper may still appear. `gone`: neither has appeared.
 */
export type Life = 'unknown' | 'living' | 'dying' | 'gone';

/**
 * Tracks whether a wrapper is alive through its FIFO `alive`: the kernel signals end of file when the wrapper dies,
 * however it dies and in whatever container (fifo(7)). Needs no access to the cluster.
 */
export class WrapperLiveness {
  readonly #volume: Volume;
  readonly #path: string;
  readonly #startedPath: string;
  readonly #gonePath: string;
  readonly #onChange: () => void;
  #file: number | null = null;
  #readiness: Readiness | null = null;
  #seen = false;
  /** Whether the open file was opened before the job was started. */
  #openedBeforeJob = false;
  #isProven = false;
  /** Null until an end of file makes it interesting. */
  #isMirror: boolean | null = null;
  /** When its end of file was found, in ms of a monotonic clock; null while a process holds it open. */
  #endedAt: number | null = null;
  #confirmation: Timer | null = null;
  #pause: Timer | null = null;

  /** @param onChange called when a wrapper has become `dying`, and when it has become `gone`; call `look` then */
  constructor(volume: Volume, name: string, onChange: () => void) {
    this.#volume = volume;
    this.#path = `ctr/${name}/alive`;
    this.#startedPath = `ctr/${name}/started`;
    this.#gonePath = `ctr/${name}/${goneName}`;
    this.#onChange = onChange;
  }

  /** Checks the FIFO, if it exists, and follows it from then on. */
  look(): Life {
    if (this.#file === null) this.#open();
    if (this.#file !== null) this.#read();
    if (!this.#seen) return 'unknown';
    if (this.#endedAt === null) return 'living';
    return performance.now() < this.#endedAt + limits.lostConfirmMs ? 'dying' : 'gone';
  }

  /**
   * Whether its end of file proves the wrapper's death: it was opened before the job was started. Afterwards the job
   * may have replaced the FIFO.
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
    this.#openedBeforeJob = !this.#volume.has(this.#startedPath);
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
    // What a job writes there is ignored: only end of file counts. EAGAIN: a process holds it open.
    const count = readNow(this.#file, scratch);
    if (count !== 0) {
      this.#endedAt = null;
      if (count > 0) this.#pauseReading();
      return;
    }
    this.#release();
    if (this.#isLeftByReceiver()) {
      this.#endedAt = null;
      return;
    }
    // Opened again, it reports end of file again, and cannot revoke what the first one has proven.
    if (this.#endedAt !== null) return;
    this.#endedAt = performance.now();
    this.#isProven = this.#openedBeforeJob || this.#isMirror === true;
    this.#confirmation?.cancel();
    this.#confirmation = after(limits.lostConfirmMs + 1, this.#onChange);
  }

  /**
   * On a mirror, the receiver holds the FIFO as long as the wrapper lives, and says when it is gone. Without that, only the
   * receiver has died, and another one will hold the FIFO (decision 92).
   */
  #isLeftByReceiver(): boolean {
    this.#isMirror ??= isMirror(this.#volume);
    return this.#isMirror && !this.#volume.has(this.#gonePath);
  }

  /** Pauses reading: a job may write there forever. */
  #pauseReading(): void {
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
