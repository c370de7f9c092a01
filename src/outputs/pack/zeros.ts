import { crc32 } from 'node:zlib';

/** Zeros, of a length once asked for. Never written to. */
let zeros = Buffer.alloc(0);

/** So many zeros. */
export function zerosOf(bytes: number): Buffer {
  if (zeros.length < bytes) zeros = Buffer.alloc(bytes);
  return zeros.subarray(0, bytes);
}

/** Whether all bytes are zeros; any other one at the beginning is found at once. */
export function isZero(bytes: Buffer): boolean {
  return zerosOf(bytes.length).equals(bytes);
}

/**
 * How so many zeros change a CRC-32, without reading them: it is affine in the checksum before them, so that the images
 * of its 32 bits tell all of it.
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
