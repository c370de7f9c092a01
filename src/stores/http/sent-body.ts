import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { StoreError } from '../object-store.ts';

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
