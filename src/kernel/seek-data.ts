import { bind, errno } from './libc.ts';

/** SEEK_DATA, SEEK_HOLE (lseek(2)); ENXIO: no data behind this place (errno(3)). */
const seekData = 3;
const seekHole = 4;
const noMore = 6;

const bindSeek = () => bind({ lseek: { arguments: ['i32', 'i64', 'i32'], return: 'i64' } });
let functions: ReturnType<typeof bindSeek> | null = null;

/**
 * Where the next data of a file are, as opposed to a hole (lseek(2)).
 *
 * @param file a descriptor; where it stands is changed, which reads at a given place do not mind
 * @returns the offsets of the first byte and of the one after the last; null when only a hole follows. Where the file
 *   system knows no holes, all to the end is data.
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
