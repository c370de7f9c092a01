import { crc32 } from 'node:zlib';
import { limits } from '../../base/limits.ts';
import type { Codec } from './codec.ts';
import { Deflater } from './deflater.ts';
import { freePieces } from './packer.ts';
import { checksumOfZeros } from './zeros.ts';

/** One gzip member (RFC 1952), compressed on all cores; reproducible, since it contains no time. */
export function gzip(level: number, cores: number): Codec {
  const deflater = new Deflater(level);
  const zeroChecksum = checksumOfZeros(limits.deflateBlockBytes);
  let checksum = 0;
  let length = 0;
  return {
    blockBytes: limits.deflateBlockBytes,
    // Two per core: while one is compressed, the next is ready. This thread reads and hashes.
    parallel: 2 * cores,
    head: header(level),
    async pack(block, last) {
      checksum = crc32(block, checksum);
      length += block.length;
      return deflater.pack(block, last);
    },
    async packZeros() {
      checksum = zeroChecksum(checksum);
      length += limits.deflateBlockBytes;
      return deflater.zeros();
    },
    release: freePieces,
    tail() {
      const trailer = Buffer.alloc(8);
      trailer.writeUInt32LE(checksum, 0);
      trailer.writeUInt32LE(length % 2 ** 32, 4);
      return trailer;
    },
    close: () => deflater.close(),
  };
}

function header(level: number): Buffer {
  const effort = level === 9 ? 2 : level === 1 ? 4 : 0;
  const unix = 3;
  return Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, effort, unix]);
}
