import { constants, createDeflateRaw, type DeflateRaw, deflateRawSync } from 'node:zlib';
import { limits } from '../../base/limits.ts';
import { Packer } from './packer.ts';
import { zerosOf } from './zeros.ts';

const pieceBytes = 128 * 1024;

/**
 * Compresses blocks in parallel on libuv's threads. Each block ends at a byte boundary (a sync flush, RFC 1951), so
 * consecutive blocks form one deflate stream. The compressors are reset and reused. pigz also gives each block the
 * preceding 32 KiB as a dictionary; in Node that needs a new compressor per block and leaves garbage to the collector,
 * for savings of less than one per cent.
 *
 * Blocks are assigned to the compressors round robin, whatever their number in flight: a reset compressor still has old
 * bytes in its window after the new ones, and hashing the last few new bytes reads them. If the first free compressor
 * were used, timing would change the archive.
 */
export class Deflater {
  readonly #level: number;
  readonly #lanes: Lane[] = [];
  #turn = 0;
  #zeros: readonly Buffer[] | null = null;

  /** @param level 0–9 */
  constructor(level: number) {
    this.#level = level;
  }

  /**
   * Compresses a block; its memory must not change until the promise settles.
   * @param last the block ends the stream
   */
  pack(block: Buffer, last: boolean): Promise<readonly Buffer[]> {
    const lane = this.#nextLane();
    const packed = lane.idle.then(async () => {
      const pieces = await lane.packer.pack(block, last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH);
      lane.stream.reset();
      return pieces;
    });
    lane.idle = packed.catch(() => undefined);
    return packed;
  }

  /** A whole block of zeros that is not the last, compressed only once; do not modify it. */
  zeros(): readonly Buffer[] {
    const options = { level: this.#level, finishFlush: constants.Z_SYNC_FLUSH };
    this.#zeros ??= [deflateRawSync(zerosOf(limits.deflateBlockBytes), options)];
    return this.#zeros;
  }

  close(): void {
    for (const { packer } of this.#lanes) packer.close();
  }

  #nextLane(): Lane {
    const index = this.#turn % limits.deflateLanes;
    this.#turn += 1;
    const lane = this.#lanes[index] ?? this.#another();
    this.#lanes[index] = lane;
    return lane;
  }

  #another(): Lane {
    const stream = createDeflateRaw({ level: this.#level, chunkSize: pieceBytes });
    return { stream, packer: new Packer(stream), idle: Promise.resolve() };
  }
}

interface Lane {
  readonly stream: DeflateRaw;
  readonly packer: Packer;
  /** Settles when its latest block is packed. */
  idle: Promise<unknown>;
}
