/** What a process has put to stores, over all its attempts: what fails again and again is no progress. */
export class PutProgress {
  /** By the names of objects: the most bytes that one attempt has put. */
  readonly #most = new Map<string, number>();
  /** The SHA-256 of those that are there. */
  readonly #whole = new Map<string, string>();

  /**
   * For one attempt to put an object.
   *
   * @param advanced called when more of the object was put than by any attempt before
   * @returns to be called for bytes that were put
   */
  attempt(name: string, advanced: () => void): (bytes: number) => void {
    let total = 0;
    return (bytes) => {
      total += bytes;
      if (total <= (this.#most.get(name) ?? -1)) return;
      this.#most.set(name, total);
      advanced();
    };
  }

  /** To be called when an object is there. */
  finish(name: string, sha256: string): void {
    this.#whole.set(name, sha256);
  }

  /** Whether these bytes are there. */
  isFinished(name: string, sha256: string): boolean {
    return this.#whole.get(name) === sha256;
  }
}
