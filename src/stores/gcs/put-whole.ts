import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { inPieces } from '../in-pieces.ts';
import { type Sending, StoreError } from '../object-store.ts';
import type { GcsConnection } from './gcs-connection.ts';
import { type GcsObject, gcsFields } from './gcs-object.ts';

/** An object that is put in one request. */
export interface WholeObject {
  readonly key: string;
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Its bytes; a stream's length is not known otherwise. */
  readonly body: () => Readable | Buffer;
  readonly length: number;
  readonly sent: Sending['sent'];
}

/**
 * Puts an object with its metadata and, where its bytes are in memory, the checksum that the store compares.
 *
 * @throws StoreError, or the signal's reason
 */
export async function putWhole(
  connection: GcsConnection,
  { key, type, metadata, body, length, sent }: WholeObject,
  signal: AbortSignal,
): Promise<GcsObject> {
  const content = body();
  const md5Hash = Buffer.isBuffer(content) ? createHash('md5').update(content).digest('base64') : null;
  const about = { name: key, contentType: type, metadata, ...(md5Hash !== null && { md5Hash }) };
  const boundary = randomBytes(16).toString('hex');
  const before = Buffer.from(
    `--${boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(about)}\r\n` +
      `--${boundary}\r\ncontent-type: ${type}\r\n\r\n`,
  );
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  let first: Readable | Buffer | null = content;
  const pieces = async function* () {
    // A request that is sent again, with a new token, has a body of its own.
    const bytes = first ?? body();
    first = null;
    yield before;
    yield* inPieces(bytes, sent) as AsyncIterable<Buffer>;
    yield after;
  };
  const stored = await connection.ask<GcsObject>(
    {
      service: '/upload/storage/v1',
      path: '/o',
      query: { uploadType: 'multipart', name: key, fields: gcsFields, ...kmsQuery(connection) },
      headers: {
        'content-type': `multipart/related; boundary=${boundary}`,
        'content-length': String(before.length + length + after.length),
      },
      body: () => Readable.from(pieces(), { objectMode: false }),
      isOfBucket: true,
    },
    signal,
  );
  if (Number(stored.size) !== length || (md5Hash !== null && ![md5Hash, undefined].includes(stored.md5Hash)))
    throw new StoreError('broken', `an object arrived damaged at ${connection.name}`);
  return stored;
}

/** The key that an object is encrypted with. */
export function kmsQuery({ kmsKey }: GcsConnection): Readonly<Record<string, string>> {
  return kmsKey === null ? {} : { kmsKeyName: kmsKey };
}
