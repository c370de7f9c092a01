import type { DeflateRaw, ZstdCompress } from 'node:zlib';

/** A compressor that takes whole blocks, one after another. */
export class Packer {
  readonly #stream: DeflateRaw | ZstdCompress;
  #pieces: Buffer[] = [];

  /** @param stream its `chunkSize` must exceed that of Buffer's pool, or `freePieces` must not be used */
  constructor(stream: DeflateRaw | ZstdCompress) {
    this.#stream = stream;
    stream.on('data', (piece: Buffer) => this.#pieces.push(piece));
  }

  /**
   * Compresses a block on one of libuv's threads.
   * @param flush how the block ends: a flush value of zlib or zstd
   */
  pack(block: Buffer, flush: number): Promise<readonly Buffer[]> {
    return new Promise((resolve, reject) => {
      this.#stream.once('error', reject);
      this.#stream.write(block);
      this.#stream.flush(flush, () => {
        this.#stream.off('error', reject);
        const pieces = this.#pieces;
        this.#pieces = [];
        resolve(pieces);
      });
    });
  }

  close(): void {
    this.#stream.destroy();
  }
}

/**
 * Frees the memory of a packer's pieces at once, after use and in the order in which they were returned. The garbage
 * collector sees only small JavaScript objects and would let a hundred megabytes accumulate. Consecutive pieces share a
 * buffer; the piece at its end is the last.
 */
export function freePieces(pieces: readonly Uint8Array[]): void {
  for (const { buffer, byteOffset, byteLength } of pieces)
    if (byteOffset + byteLength === buffer.byteLength) freeMemory(buffer);
}

/** Frees the memory of a buffer that is no longer used. */
export function freeMemory(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
