import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { limits } from '../../base/limits.ts';
import { StoreError } from '../object-store.ts';

/** A body whose pieces are read when the server takes more: so it shows how far the server has read. */
export function inPieces(content: Readable | Buffer): Readable {
  return Buffer.isBuffer(content) ? Readable.from(piecesOf(content), { objectMode: false }) : content;
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += limits.copyBytes)
    yield bytes.subarray(start, start + limits.copyBytes);
}

/**
 * Resolves when all of a body was sent. A server, or a proxy that shows a page of its own, may answer before it has read anything.
 *
 * @throws StoreError `broken`; the signal's reason
 */
export async function untilSent(body: Readable, signal: AbortSignal): Promise<void> {
  if (!body.readableEnded) await finished(body, { signal }).catch((cause) => cause);
  signal.throwIfAborted();
  if (!body.readableEnded)
    throw new StoreError(
      'broken',
      'the server answered before it had all of the file, and closed the connection',
    );
}
