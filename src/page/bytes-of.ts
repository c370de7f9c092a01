import { closeSync, readSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { nextTurn } from '../base/timer.ts';
import type { Volume } from '../contract/volume.ts';

/** Reads a part of a file of the volume, in pieces; it ends where the file does. */
export async function* bytesOf(
  volume: Volume,
  file: string,
  from: number,
  until: number,
): AsyncGenerator<Buffer> {
  const opened = volume.openFile(file);
  if ('kind' in opened) return;
  try {
    for (let offset = from; offset < until; ) {
      const piece = Buffer.allocUnsafe(Math.min(limits.copyBytes, until - offset));
      const count = readSync(opened.descriptor, piece, 0, piece.length, offset);
      if (count === 0) return;
      yield piece.subarray(0, count);
      offset += count;
      await nextTurn();
    }
  } finally {
    closeSync(opened.descriptor);
  }
}
