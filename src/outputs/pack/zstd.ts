import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib';
import { limits } from '../../base/limits.ts';
import type { Codec } from './codec.ts';
import { freePieces, Packer } from './packer.ts';
import { zerosOf } from './zeros.ts';

const pieceBytes = 256 * 1024;

/**
 * Zstandard (RFC 8878): one frame per block; readers accept consecutive frames as one stream. The compressors keep
 * their tables between frames: creating them takes a third of the time.
 */
export function zstd(level: number, cores: number): Codec {
  const idle: Packer[] = [];
  const all: Packer[] = [];
  let zeros: readonly Buffer[] | null = null;
  const another = () => {
    const packer = new Packer(createZstdCompress({ params: parameters(level), chunkSize: pieceBytes }));
    all.push(packer);
    return packer;
  };
  return {
    blockBytes: limits.zstdFrameBytes,
    parallel: cores + 1,
    head: Buffer.alloc(0),
    async pack(block) {
      const packer = idle.pop() ?? another();
      const frame = await packer.pack(block, constants.ZSTD_e_end);
      idle.push(packer);
      return frame;
    },
    async packZeros() {
      zeros ??= [zstdCompressSync(zerosOf(limits.zstdFrameBytes), { params: parameters(level) })];
      return zeros;
    },
    release: freePieces,
    tail: () => Buffer.alloc(0),
    close() {
      for (const packer of all) packer.close();
    },
  };
}

function parameters(level: number): Record<number, number> {
  return {
    [constants.ZSTD_c_compressionLevel]: level,
    [constants.ZSTD_c_checksumFlag]: 1,
    // No frame is larger than this; the larger window of high levels would waste memory.
    [constants.ZSTD_c_windowLog]: Math.log2(limits.zstdFrameBytes),
  };
}
