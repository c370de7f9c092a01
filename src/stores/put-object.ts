import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { limits } from '../base/limits.ts';
import { type ObjectAbout, type ObjectStore, StoreError } from './object-store.ts';
import type { Pace } from './pace.ts';
import { partBytesFor } from './part-size.ts';
import { putParts } from './put-parts.ts';
import type { UploadRecord } from './upload-record.ts';

/** The bytes of a new object. They may be read in part, and more than once. */
export interface ObjectSource {
  readonly bytes: number;
  /** Fills a buffer with the bytes from `start` on. @throws StoreError `invalid` if there are fewer */
  read(into: Buffer, start: number): Promise<void>;
}

/** How an object is put. */
export interface PutContext {
  readonly about: ObjectAbout;
  /** Shared by all that goes to the same store. */
  readonly pace: Pace;
  /** What an earlier process left of this object; null: nothing. */
  readonly upload: UploadRecord | null;
  /**
   * Keeps what a later process must know to go on, and forgets it (null); where it is kept, an object that a connection
   * broke is not aborted. Null: nothing is kept.
   */
  readonly keep: ((upload: UploadRecord | null) => void) | null;
  /** Called for what the store has taken. */
  readonly advanced: (bytes: number) => void;
  readonly signal: AbortSignal;
}

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
      `has ${source.bytes} bytes, more than the ${parts.maxObjectBytes} of one object`,
    );
  const partBytes = parts === null ? source.bytes : partBytesFor(source.bytes, parts);
  if (source.bytes > partBytes) return putParts(store, key, source, { ...context, partBytes });
  await putWhole(store, key, source, context);
}

async function putWhole(
  store: ObjectStore,
  key: string,
  source: ObjectSource,
  { about, pace, advanced, signal }: PutContext,
): Promise<void> {
  const put = (body: () => Readable | Buffer) =>
    pace.run(() => store.put(key, body, source.bytes, about, signal), signal);
  if (source.bytes <= limits.storePartBytes) {
    const bytes = Buffer.allocUnsafe(source.bytes);
    await source.read(bytes, 0);
    if (about.sha256 !== null && createHash('sha256').update(bytes).digest('hex') !== about.sha256)
      throw changed();
    await put(() => bytes);
  } else {
    await put(() => Readable.from(piecesOf(source, about.sha256), { objectMode: false }));
  }
  advanced(source.bytes);
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
  return new StoreError('invalid', 'has changed: its SHA-256 is another one');
}
