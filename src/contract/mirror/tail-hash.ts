import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { limits } from '../../base/limits.ts';

/**
 * The SHA-256 of the end of a file's first `size` bytes: the mirror's copy and the original must agree before one is
 * continued from the other.
 *
 * @returns null if the file is shorter
 */
export function tailHash(file: number, size: number): string | null {
  const tail = Buffer.alloc(Math.min(size, limits.mirrorTailBytes));
  for (let length = 0; length < tail.length; ) {
    const count = readSync(file, tail, length, tail.length - length, size - tail.length + length);
    if (count === 0) return null;
    length += count;
  }
  return createHash('sha256').update(tail).digest('hex');
}
