/** Compresses a stream of bytes block by block, several blocks in parallel. */
export interface Codec {
  /** Size of a block in bytes. */
  readonly blockBytes: number;
  /** How many blocks to pack in parallel. */
  readonly parallel: number;
  /** The bytes before the first block. */
  readonly head: Uint8Array;
  /**
   * Packs the next block. Called in order, without waiting for earlier blocks; the codec owns the block's memory until
   * the promise settles.
   * @param last this is the last block
   */
  pack(block: Buffer, last: boolean): Promise<readonly Uint8Array[]>;
  /**
   * Like `pack`, for a whole block of zeros that is not the last, at no cost; its result is not released. Null if zeros
   * are not packed and may stay a hole.
   */
  readonly packZeros: (() => Promise<readonly Uint8Array[]>) | null;
  /** Releases what `pack` returned, in the same order, once it is written. */
  release(pieces: readonly Uint8Array[]): void;
  /** The bytes after the last block. */
  tail(): Uint8Array;
  /** Frees the compressors. */
  close(): void;
}

/** No compression. */
export function plain(blockBytes: number): Codec {
  return {
    blockBytes,
    parallel: 1,
    head: Buffer.alloc(0),
    pack: async (block) => [block],
    packZeros: null,
    release() {},
    tail: () => Buffer.alloc(0),
    close() {},
  };
}
