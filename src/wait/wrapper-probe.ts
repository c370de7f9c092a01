import { messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import type { Volume } from '../contract/volume.ts';
import { nothingAsked } from './presence-check.ts';

/** Files that only a wrapper makes: if one exists, a wrapper was there. */
const traces = ['started', 'stdout', 'timeline', 'ended'] as const;

/** Whether a wrapper has been running here. */
export function leftTraces(volume: Volume, name: string): boolean {
  return traces.some((file) => volume.has(`ctr/${name}/${file}`));
}

/**
 * Finds out whether a wrapper whose `alive` file was removed is still running. Taking signal requests away is the only
 * sign of it that another container can see.
 */
export class WrapperProbe {
  readonly #volume: Volume;
  readonly #name: string;
  /** When `alive` was first missed or the wrapper last answered; ms of a monotonic clock. */
  #since: number | null = null;
  #askedAt: number | null = null;

  constructor(volume: Volume, name: string) {
    this.#volume = volume;
    this.#name = name;
  }

  /** Probes the wrapper if a probe is due. @returns whether it failed to answer in time */
  isUnanswered(): boolean {
    const now = performance.now();
    this.#since ??= now;
    if (this.#askedAt === null) {
      // A wrapper that is just starting has not made `alive` yet, and leaves its predecessor's files in place for a moment.
      if (now >= this.#since + limits.invalidSealMs) this.#ask(now);
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
      // An existing request serves as well, and must not be lost.
      if (!this.#volume.has(this.#path)) this.#volume.publish(this.#path, nothingAsked, 0o666);
      this.#askedAt = now;
    } catch (error) {
      log(`Cannot probe the wrapper of container ${this.#name}: ${messageOf(error)}`);
      this.#since = now;
    }
  }
}
