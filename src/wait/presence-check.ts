import { closeSync, fstatSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';
import { pathOnly } from '../kernel/open-beneath.ts';

/** A signal request that asks for nothing: a wrapper that lives takes it away. */
export const nothingAsked = '?';

/**
 * Finds out within a moment whether a wrapper lives. The end of file of `alive` does not tell that where a job may have
 * put a FIFO of its own there; a wrapper takes signal requests away, and nobody else can leave the same file there again.
 */
export class PresenceCheck {
  readonly #volume: Volume;
  readonly #path: string;
  #asked: { readonly file: string; readonly at: number; readonly isOurs: boolean } | null = null;
  /** When it was answered last (`performance.now()`). */
  #answeredAt = Number.NEGATIVE_INFINITY;
  #isAbsent = false;

  constructor(volume: Volume, name: string) {
    this.#volume = volume;
    this.#path = `ctr/${name}/signal`;
  }

  /** Asks, if it is time to. @returns `asking` as long as there may be an answer: look again after `answerSoonMs` */
  look(): 'asking' | 'present' | 'absent' {
    if (this.#isAbsent) return 'absent';
    const now = performance.now();
    if (now < this.#answeredAt + limits.lookAgainMs) return 'present';
    if (this.#asked === null) return this.#ask(now);
    if (this.#fileNow() !== this.#asked.file) {
      this.#asked = null;
      this.#answeredAt = now;
      return 'present';
    }
    if (now < this.#asked.at + limits.answerSoonMs) return 'asking';
    if (this.#asked.isOurs) this.#takeBack();
    this.#isAbsent = true;
    return 'absent';
  }

  /** Where nobody can be asked (a full volume), the end of file has to do. */
  #ask(now: number): 'asking' | 'absent' {
    try {
      // Somebody's own request serves as well, and is not to be lost.
      const isOurs = !this.#volume.has(this.#path);
      if (isOurs) this.#volume.publish(this.#path, nothingAsked, 0o666);
      this.#asked = { file: this.#fileNow() ?? '', at: now, isOurs };
      return 'asking';
    } catch {
      this.#isAbsent = true;
      return 'absent';
    }
  }

  #takeBack(): void {
    try {
      this.#volume.remove(this.#path);
    } catch {
      // It asks for nothing.
    }
  }

  /** What tells a file from any other in its place, also from itself under another name in the meantime. */
  #fileNow(): string | null {
    const opened = this.#volume.openAny(this.#path, pathOnly);
    if ('kind' in opened) return null;
    const { ino, ctimeNs } = fstatSync(opened.descriptor, { bigint: true });
    closeSync(opened.descriptor);
    return `${ino} ${ctimeNs}`;
  }
}
