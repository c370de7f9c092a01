/** How far an object, or a part of one, was sent: what is sent again is no progress. */
export class SentBytes {
  readonly #advanced: (bytes: number) => void;
  /** -1: nothing is there yet, not even an empty object. */
  #most = -1;

  /** @param advanced called with the bytes that were never sent before */
  constructor(advanced: (bytes: number) => void) {
    this.#advanced = advanced;
  }

  /** @param bytes that one request has sent so far */
  readonly reach = (bytes: number): void => {
    if (bytes <= this.#most) return;
    this.#advanced(bytes - Math.max(0, this.#most));
    this.#most = bytes;
  };
}
