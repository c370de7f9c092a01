import { bind, errno } from './libc.ts';

/** SEEK_DATA, SEEK_HOLE (lseek(2)); ENXIO: no data after this offset (errno(3)). */
const seekData = 3;
const seekHole = 4;
const noMore = 6;

const bindSeek = () => bind({ lseek: { arguments: ['i32', 'i64', 'i32'], return: 'i64' } });
let functions: ReturnType<typeof bindSeek> | null = null;

/**
 * Finds the next data in a file, as opposed to a hole (lseek(2)).
 *
 * @param file a descriptor; its position changes, which does not affect reads at explicit positions
 * @returns the offset of the first byte, and the offset after the last one; null if only a hole follows. On a file
 *   system without holes, everything up to the end is data.
 */
export function nextData(
  file: number,
  offset: number,
): { readonly start: number; readonly end: number } | null {
  functions ??= bindSeek();
  const start = Number(functions.lseek(file, BigInt(offset), seekData));
  if (start < 0) return errno() === noMore ? null : { start: offset, end: Number.POSITIVE_INFINITY };
  const end = Number(functions.lseek(file, BigInt(start), seekHole));
  return { start, end: end < 0 ? Number.POSITIVE_INFINITY : end };
}
