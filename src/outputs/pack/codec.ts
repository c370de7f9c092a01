/** A way to pack a stream of bytes block by block, several blocks at once. */
export interface Codec {
  /** Bytes of one block. */
  readonly blockBytes: number;
  /** How many blocks are worth packing at once. */
  readonly parallel: number;
  /** What stands before the first block. */
  readonly head: Uint8Array;
  /**
   * Packs the next block. Called in the blocks' order, without waiting for the ones before; the block's memory belongs
   * to the codec until the promise settles.
   * @param last nothing comes after this one
   */
  pack(block: Buffer, last: boolean): Promise<readonly Uint8Array[]>;
  /**
   * As `pack`, for a whole block of zeros that is not the last, without any work: what it gives is not taken back. Null
   * where zeros are not packed, and may stay a hole.
   */
  readonly packZeros: (() => Promise<readonly Uint8Array[]>) | null;
  /** Takes back what `pack` gave, in the same order, once it has been written. */
  release(pieces: readonly Uint8Array[]): void;
  /** What stands after the last block. */
  tail(): Uint8Array;
  /** Frees what it holds. */
  close(): void;
}

/** No packing at all. */
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
