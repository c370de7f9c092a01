import { closeSync, fstatSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';
import { pathOnly } from '../kernel/open-beneath.ts';

/** A signal request without effect: a live wrapper takes it away. */
export const nothingAsked = '?';

/**
 * Finds out quickly whether a wrapper is alive. The end of file of `alive` does not prove that it is not, since a job may
 * have put its own FIFO there; a wrapper takes signal requests away, and nobody else can put the same file back.
 */
export class PresenceCheck {
  readonly #volume: Volume;
  readonly #path: string;
  #asked: { readonly file: string; readonly at: number; readonly isOurs: boolean } | null = null;
  /** When the wrapper answered last (`performance.now()`). */
  #answeredAt = Number.NEGATIVE_INFINITY;
  #isAbsent = false;

  constructor(volume: Volume, name: string) {
    this.#volume = volume;
    this.#path = `ctr/${name}/signal`;
  }

  /** Probes if a probe is due. @returns `asking` as long as an answer may come: look again after `answerSoonMs` */
  look(): 'asking' | 'present' | 'absent' {
    if (this.#isAbsent) return 'absent';
    const now = performance.now();
    if (now < this.#answeredAt + limits.recheckMs) return 'present';
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

  /** If no request can be written (a full volume), the end of file has to suffice. */
  #ask(now: number): 'asking' | 'absent' {
    try {
      // An existing request serves as well, and must not be lost.
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
      // It has no effect.
    }
  }

  /** Distinguishes a file from any other in its place, and from itself if it was renamed meanwhile. */
  #fileNow(): string | null {
    const opened = this.#volume.openAny(this.#path, pathOnly);
    if ('kind' in opened) return null;
    const { ino, ctimeNs } = fstatSync(opened.descriptor, { bigint: true });
    closeSync(opened.descriptor);
    return `${ino} ${ctimeNs}`;
  }
}
