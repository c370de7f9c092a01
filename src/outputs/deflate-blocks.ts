import { constants, createDeflateRaw } from 'node:zlib';
import { Packer } from './packer.ts';

/** What a deflate block may point back into (RFC 1951). */
const windowBytes = 32 * 1024;
/** Holds what a block becomes in most cases in one piece, and is not taken from Buffer's pool. */
const pieceBytes = { least: 36 * 1024, most: 128 * 1024 };

/**
 * Makes one deflate stream of blocks that are compressed at the same time on libuv's threads: each block knows the
 * 32 KiB before it as its dictionary and ends at a byte's boundary (a sync flush), so that they can be put together.
 * This is how pigz does it.
 */
export class DeflateBlocks {
  readonly #level: number;
  #window: Buffer = Buffer.alloc(0);
  #known = 0;

  /** @param level 0–9 */
  constructor(level: number) {
    this.#level = level;
  }

  /**
   * Compresses the stream's next block; its memory must not change until the promise settles.
   * @returns pieces whose memory is theirs alone
   */
  async pack(block: Buffer, last: boolean): Promise<readonly Buffer[]> {
    const dictionary = this.#known > 0 ? { dictionary: this.#window.subarray(0, this.#known) } : {};
    const chunkSize = Math.max(pieceBytes.least, Math.min(block.length, pieceBytes.most));
    const packer = new Packer(createDeflateRaw({ level: this.#level, chunkSize, ...dictionary }));
    if (!last) this.#remember(block);
    try {
      return await packer.pack(block, last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH);
    } finally {
      packer.close();
    }
  }

  /** The compressor of the next block takes a copy when it is made; this one is written over again and again. */
  #remember(block: Buffer): void {
    if (this.#window.length === 0) this.#window = Buffer.allocUnsafeSlow(windowBytes);
    this.#known = block.copy(this.#window, 0, Math.max(0, block.length - windowBytes));
  }
}
