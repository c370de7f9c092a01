import { closeSync, openSync } from 'node:fs';
import { readUpTo } from '../contract/bounded-read.ts';

/**
 * Reads a text that may also come from a pipe or a device, which have no size and give it in pieces.
 * @param limit bytes
 * @throws an error that says what is wrong: larger than the limit, or the operating system's
 */
export function readBounded(path: string, limit: number): string {
  const file = openSync(path, 'r');
  try {
    const bytes = readUpTo(file, limit + 1);
    if (bytes.length > limit) throw new Error(`larger than ${limit} bytes`);
    return bytes.toString();
  } finally {
    closeSync(file);
  }
}
