import { constants, createDeflateRaw, type DeflateRaw } from 'node:zlib';
import { Packer } from './packer.ts';

const pieceBytes = 128 * 1024;

/**
 * Compresses blocks at the same time on libuv's threads. Each ends at a byte's boundary (a sync flush, RFC 1951), so
 * that blocks in a row are one deflate stream. The compressors are kept and reset: pigz also gives each block the 32 KiB
 * before it as a dictionary, which in Node takes a new compressor each time, whose dictionary then waits for the
 * collector; what it saves is less than one per cent.
 */
export class Deflater {
  readonly #level: number;
  readonly #idle: Lane[] = [];
  readonly #all: Lane[] = [];

  /** @param level 0–9 */
  constructor(level: number) {
    this.#level = level;
  }

  /**
   * Compresses a block; its memory must not change until the promise settles.
   * @param last it ends the stream
   */
  async pack(block: Buffer, last: boolean): Promise<readonly Buffer[]> {
    const lane = this.#idle.pop() ?? this.#another();
    const pieces = await lane.packer.pack(block, last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH);
    lane.stream.reset();
    this.#idle.push(lane);
    return pieces;
  }

  close(): void {
    for (const { packer } of this.#all) packer.close();
  }

  #another(): Lane {
    const stream = createDeflateRaw({ level: this.#level, chunkSize: pieceBytes });
    const lane = { stream, packer: new Packer(stream) };
    this.#all.push(lane);
    return lane;
  }
}

interface Lane {
  readonly stream: DeflateRaw;
  readonly packer: Packer;
}
