import { messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import type { Volume } from '../contract/volume.ts';
import { nothingAsked } from './presence-check.ts';

/** Files that only a wrapper makes: where one is there, a wrapper was. */
const traces = ['started', 'stdout', 'timeline', 'ended'] as const;

/** Whether a wrapper has been there. */
export function leftTraces(volume: Volume, name: string): boolean {
  return traces.some((file) => volume.has(`ctr/${name}/${file}`));
}

/**
 * Finds out whether a wrapper lives whose `alive` was removed. It takes signal requests away, and nothing else can be
 * seen of it from another container.
 */
export class Knock {
  readonly #volume: Volume;
  readonly #name: string;
  /** When it was first missed, or answered last; ms of a monotonic clock. */
  #since: number | null = null;
  #askedAt: number | null = null;

  constructor(volume: Volume, name: string) {
    this.#volume = volume;
    this.#name = name;
  }

  /** Asks, if it is time to. @returns whether nobody has answered in the time that there is for it */
  isUnanswered(): boolean {
    const now = performance.now();
    this.#since ??= now;
    if (this.#askedAt === null) {
      // One that is just beginning has not made `alive` yet, and leaves its predecessor's files for a moment.
      if (now >= this.#since + limits.garbageMs) this.#ask(now);
      return false;
    }
    if (!this.#volume.has(this.#path)) {
      this.#since = now;
      this.#askedAt = null;
      return false;
    }
    return now >= this.#askedAt + limits.answerMs;
  }

  get #path(): string {
    return `ctr/${this.#name}/signal`;
  }

  #ask(now: number): void {
    try {
      // Somebody's own request serves as well, and is not to be lost.
      if (!this.#volume.has(this.#path)) this.#volume.publish(this.#path, nothingAsked, 0o666);
      this.#askedAt = now;
    } catch (error) {
      log(`Cannot ask whether container ${this.#name} is still there: ${messageOf(error)}`);
      this.#since = now;
    }
  }
}
