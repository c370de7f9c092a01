import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { limits } from '../base/limits.ts';
import { abortUpload } from './abort-upload.ts';
import { type ObjectStore, StoreError } from './object-store.ts';
import { partBytesFor } from './part-size.ts';
import type { ObjectSource, PutContext } from './put-context.ts';
import { putParts } from './put-parts.ts';
import { SentBytes } from './sent-bytes.ts';

/**
 * Puts one object: small ones in one request, others in parts, several at a time, in constant memory. Its parts are only
 * large if it has more than 80 GB. In the end the store has exactly these bytes, or no object.
 *
 * @throws StoreError, or the signal's reason
 */
export async function putObject(
  store: ObjectStore,
  key: string,
  source: ObjectSource,
  context: PutContext,
): Promise<void> {
  const { parts } = store;
  if (parts !== null && source.bytes > parts.maxObjectBytes)
    throw new StoreError(
      'invalid',
      `it has ${source.bytes} bytes, more than the ${parts.maxObjectBytes} of one object`,
    );
  const partBytes = parts === null ? source.bytes : partBytesFor(source.bytes, parts);
  if (source.bytes > partBytes) return putParts(store, key, source, { ...context, partBytes });
  await putWhole(store, key, source, context);
  // The file had parts when an earlier process began to put it.
  if (parts !== null) await abortUpload(store, key, context);
}

async function putWhole(
  store: ObjectStore,
  key: string,
  source: ObjectSource,
  { about, pace, advanced, signal }: PutContext,
): Promise<void> {
  const { reach } = new SentBytes(advanced);
  const put = (body: () => Readable | Buffer) =>
    pace.run(() => store.put(key, body, source.bytes, about, { signal, sent: reach }), signal);
  if (source.bytes <= limits.storePartBytes) {
    const bytes = Buffer.allocUnsafe(source.bytes);
    await source.read(bytes, 0);
    if (about.sha256 !== null && createHash('sha256').update(bytes).digest('hex') !== about.sha256)
      throw changed();
    await put(() => bytes);
  } else await put(() => Readable.from(piecesOf(source, about.sha256), { objectMode: false }));
  reach(source.bytes);
}

async function* piecesOf(source: ObjectSource, sha256: string | null): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for (let start = 0; start < source.bytes; ) {
    const piece = Buffer.allocUnsafe(Math.min(limits.copyBytes, source.bytes - start));
    await source.read(piece, start);
    start += piece.length;
    hash.update(piece);
    // The last piece makes an object of it.
    if (start === source.bytes && sha256 !== null && hash.digest('hex') !== sha256) throw changed();
    yield piece;
  }
}

function changed(): StoreError {
  return new StoreError('invalid', 'it has changed: its SHA-256 is another one');
}
