import { constants, deflateRaw } from 'node:zlib';

/** What a deflate block may point back into (RFC 1951). */
const windowBytes = 32 * 1024;

/**
 * Makes one deflate stream of blocks that are compressed at the same time on libuv's threads: each block knows the
 * 32 KiB before it as its dictionary and ends at a byte's boundary (a sync flush), so that they can be put together.
 * This is how pigz does it.
 */
export class DeflateBlocks {
  readonly #level: number;
  #before: Buffer = Buffer.alloc(0);

  /** @param level 0–9 */
  constructor(level: number) {
    this.#level = level;
  }

  /** Compresses the stream's next block; its memory must not change until the promise settles. */
  pack(block: Buffer, last: boolean): Promise<Buffer> {
    const options = {
      level: this.#level,
      // One piece of output a block, also where it does not shrink.
      chunkSize: block.length + (block.length >> 8) + 64,
      finishFlush: last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
      ...(this.#before.length > 0 && { dictionary: this.#before }),
    };
    // A copy: the block's memory is used again while the next one is still being compressed.
    this.#before = Buffer.from(block.subarray(-windowBytes));
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    deflateRaw(block, options, (error, packed) => (error === null ? resolve(packed) : reject(error)));
    return promise;
  }
}
