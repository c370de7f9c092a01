import { limits } from '../../base/limits.ts';

/** A request, as far as it is read here. */
type Sent = AsyncIterable<Buffer> & { readonly socket: { readonly remoteAddress?: string | undefined } };

/** A request is not read to its end. */
export class TooMuch extends Error {
  /** Of HTTP: it is too large itself, or there are too many at once. */
  readonly status: 413 | 503;

  /** @param message a clause */
  constructor(status: 413 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * What requests to the webhook have sent, together and from each address: whoever sends much fills no memory, and does not keep
 * the API server, which has another address, from being answered.
 */
export class HeldBytes {
  readonly #ofAddress = new Map<string, number>();
  #all = 0;

  /**
   * Reads the body of a request, and counts it until the work with it has ended.
   *
   * @throws TooMuch; the stream's error
   */
  async during<T>(request: Sent, work: (text: string) => Promise<T>): Promise<T> {
    const address = request.socket.remoteAddress ?? '';
    const pieces: Buffer[] = [];
    let held = 0;
    try {
      for await (const piece of request) {
        held += piece.length;
        this.#add(address, piece.length);
        this.#require(address, held);
        pieces.push(piece);
      }
      const text = Buffer.concat(pieces).toString();
      pieces.length = 0;
      return await work(text);
    } finally {
      this.#add(address, -held);
    }
  }

  #add(address: string, bytes: number): void {
    const now = (this.#ofAddress.get(address) ?? 0) + bytes;
    if (now === 0) this.#ofAddress.delete(address);
    else this.#ofAddress.set(address, now);
    this.#all += bytes;
  }

  #require(address: string, held: number): void {
    if (held > limits.admissionBytes)
      throw new TooMuch(413, `it has more than ${limits.admissionBytes} bytes`);
    const own = this.#ofAddress.get(address) ?? 0;
    if (own > limits.admissionsBytes / 2 || this.#all > limits.admissionsBytes)
      throw new TooMuch(503, 'too many requests are being answered');
  }
}
