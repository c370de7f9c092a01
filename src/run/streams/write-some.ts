import { write } from 'node:fs';

/**
 * write(2) on a thread of libuv's pool, so that a slow disk or a stalled reader never delays signals.
 * @returns how many bytes of `chunk` from `offset` were written, or the error
 */
export function writeSome(file: number, chunk: Buffer, offset: number): Promise<number | Error> {
  return new Promise((resolve) => {
    write(file, chunk, offset, chunk.length - offset, null, (error, written) => resolve(error ?? written));
  });
}
