import { opendirSync, readSync } from 'node:fs';
import { limits } from '../base/limits.ts';

/** The names of a directory, no more than are wanted: a job may have made millions. */
export function firstNames(path: string, limit: number): readonly string[] {
  const directory = opendirSync(path);
  try {
    const names: string[] = [];
    for (let entry = directory.readSync(); entry !== null && names.length < limit; ) {
      names.push(entry.name);
      entry = directory.readSync();
    }
    return names;
  } finally {
    directory.closeSync();
  }
}

/** A file's bytes from where it stands, at most `limit` of them. */
export function readUpTo(descriptor: number, limit: number): Buffer {
  const pieces: Buffer[] = [];
  for (let total = 0; total < limit; ) {
    const piece = Buffer.allocUnsafe(Math.min(limits.smallReadBytes, limit - total));
    const count = readSync(descriptor, piece, 0, piece.length, null);
    if (count === 0) break;
    pieces.push(piece.subarray(0, count));
    total += count;
  }
  return Buffer.concat(pieces);
}
