import type { DeflateRaw, ZstdCompress } from 'node:zlib';

/** A compressor that is given whole blocks, one after another. */
export class Packer {
  readonly #stream: DeflateRaw | ZstdCompress;
  #pieces: Buffer[] = [];

  /** @param stream it must have a `chunkSize` above that of Buffer's pool, or `freePieces` is not for its pieces */
  constructor(stream: DeflateRaw | ZstdCompress) {
    this.#stream = stream;
    stream.on('data', (piece: Buffer) => this.#pieces.push(piece));
  }

  /**
   * Compresses a block on one of libuv's threads.
   * @param flush how it ends: a flush value of zlib's or zstd's
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
 * Gives the memory of what a packer gave back at once, when it has been used, in the order in which it was given. The
 * collector sees only the small objects that JavaScript holds, and would let a hundred megabytes gather before it came
 * by. Pieces in a row share a buffer, of which the piece at its end is the last.
 */
export function freePieces(pieces: readonly Uint8Array[]): void {
  for (const { buffer, byteOffset, byteLength } of pieces)
    if (byteOffset + byteLength === buffer.byteLength) freeMemory(buffer);
}

/** Gives back the memory of a buffer that nobody uses any more. */
export function freeMemory(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
