import { constants, createDeflateRaw, type DeflateRaw, deflateRawSync } from 'node:zlib';
import { limits } from '../../base/limits.ts';
import { Packer } from './packer.ts';
import { zerosOf } from './zeros.ts';

const pieceBytes = 128 * 1024;

/**
 * Compresses blocks at the same time on libuv's threads. Each ends at a byte's boundary (a sync flush, RFC 1951), so
 * that blocks in a row are one deflate stream. The compressors are kept and reset: pigz also gives each block the 32 KiB
 * before it as a dictionary, which in Node takes a new compressor each time, whose dictionary then waits for the
 * collector; what it saves is less than one per cent.
 *
 * Blocks go round the compressors by turns, whatever their number in flight: a compressor that was reset still has old
 * bytes in its window, behind the new ones, at which the hashing of the last few looks. Which compressor were free first
 * would otherwise show in the archive.
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
   * @param last it ends the stream
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

  /** A whole block of zeros that is not the last, compressed once for all; not to be changed. */
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
  /** Settles when its last block is packed. */
  idle: Promise<unknown>;
}
