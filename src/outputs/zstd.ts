import { constants, createZstdCompress } from 'node:zlib';
import { limits } from '../base/limits.ts';
import type { Codec } from './codec.ts';

/** Zstandard (RFC 8878): one frame a block, one compressor a core; readers take frames in a row for one stream. */
export function zstd(level: number, cores: number): Codec {
  const idle: Compressor[] = [];
  const all: Compressor[] = [];
  return {
    blockBytes: limits.zstdFrameBytes,
    parallel: cores + 1,
    head: Buffer.alloc(0),
    async pack(block) {
      const compressor = idle.pop() ?? new Compressor(level);
      if (!all.includes(compressor)) all.push(compressor);
      const frame = await compressor.pack(block);
      idle.push(compressor);
      return frame;
    },
    tail: () => Buffer.alloc(0),
    close() {
      for (const compressor of all) compressor.close();
    },
  };
}

/** A compressor that keeps its tables from frame to frame: making them anew takes a third of the time. */
class Compressor {
  readonly #stream;
  #frame: Buffer[] = [];

  constructor(level: number) {
    this.#stream = createZstdCompress({
      params: {
        [constants.ZSTD_c_compressionLevel]: level,
        [constants.ZSTD_c_checksumFlag]: 1,
        // A frame is no longer than this, so a larger window, which high levels would take, is memory for nothing.
        [constants.ZSTD_c_windowLog]: Math.log2(limits.zstdFrameBytes),
      },
      chunkSize: 256 * 1024,
    });
    this.#stream.on('data', (piece: Buffer) => this.#frame.push(piece));
  }

  pack(block: Buffer): Promise<readonly Buffer[]> {
    return new Promise((resolve, reject) => {
      this.#stream.once('error', reject);
      this.#stream.write(block);
      this.#stream.flush(constants.ZSTD_e_end, () => {
        this.#stream.off('error', reject);
        const frame = this.#frame;
        this.#frame = [];
        resolve(frame);
      });
    });
  }

  close(): void {
    this.#stream.destroy();
  }
}
