import { crc32 } from 'node:zlib';

/** Zeros, as many as were ever requested. Never modified. */
let zeros = Buffer.alloc(0);

/** A view of this many zeros; do not modify it. */
export function zerosOf(bytes: number): Buffer {
  if (zeros.length < bytes) zeros = Buffer.alloc(bytes);
  return zeros.subarray(0, bytes);
}

/** Whether all bytes are zero; returns quickly if an early byte is not. */
export function isZero(bytes: Buffer): boolean {
  return zerosOf(bytes.length).equals(bytes);
}

/**
 * How this many zeros change a CRC-32, computed without reading them. The change is affine in the previous checksum, so
 * the images of its 32 bits determine it.
 */
export function checksumOfZeros(bytes: number): (before: number) => number {
  const block = zerosOf(bytes);
  const base = crc32(block, 0);
  const images = Array.from({ length: 32 }, (_, bit) => crc32(block, (1 << bit) >>> 0) ^ base);
  return (before) => {
    let sum = base;
    for (const [bit, image] of images.entries()) if ((before >>> bit) & 1) sum ^= image;
    return sum >>> 0;
  };
}
