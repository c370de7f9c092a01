import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type KnownPart, type PartUpload, type Sending, StoreError } from '../object-store.ts';
import { isDamaged } from './content-check.ts';
import type { S3Connection } from './s3-connection.ts';
import { sendInPieces } from './send-in-pieces.ts';

/** A part's tag: its ETag, and behind a space its checksum where the server keeps one. */
const tagOf = (etag: string | undefined, checksum: string | undefined) =>
  checksum === undefined ? (etag ?? '') : `${etag} ${checksum}`;

/** A part whose ETag is not the MD5 is put again: that costs time alone. */
function isSame(bytes: Buffer, etag: string | undefined, checksum: string | undefined): boolean {
  if (checksum === undefined)
    return etag?.replaceAll('"', '') === createHash('md5').update(bytes).digest('hex');
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return checksum === sum.toString('base64');
}

/** An object of S3 that is put in parts. */
export class S3Upload implements PartUpload {
  readonly id: string;
  readonly #connection: S3Connection;
  readonly #of: { readonly Bucket: string; readonly Key: string; readonly UploadId: string };

  constructor(connection: S3Connection, key: string, id: string) {
    this.id = id;
    this.#connection = connection;
    this.#of = { Bucket: connection.settings.bucket, Key: key, UploadId: id };
  }

  async known(signal: AbortSignal) {
    const parts = new Map<number, KnownPart>();
    for (let after: string | undefined = '0'; after !== undefined; ) {
      const command: ListPartsCommand = new ListPartsCommand({ ...this.#of, PartNumberMarker: after });
      const page = await this.#connection.send(
        (client) => client.send(command, { abortSignal: signal }),
        signal,
      );
      for (const { PartNumber = 0, Size = 0, ETag, ChecksumCRC32 } of page.Parts ?? [])
        parts.set(PartNumber, {
          size: Size,
          tag: tagOf(ETag, ChecksumCRC32),
          isOf: (bytes) => isSame(bytes, ETag, ChecksumCRC32),
        });
      after = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    }
    return parts;
  }

  async put(number: number, bytes: Buffer, { signal, sent }: Sending): Promise<string> {
    const { ETag, ChecksumCRC32 } = await this.#connection.send((client) => {
      const command = new UploadPartCommand({
        ...this.#of,
        PartNumber: number,
        Body: bytes,
        ...(this.#connection.withChecksums && { ChecksumAlgorithm: 'CRC32' as const }),
      });
      sendInPieces(command, sent);
      return client.send(command, { abortSignal: signal });
    }, signal);
    if (isDamaged(this.#connection, bytes, ETag))
      throw new StoreError('broken', `a part arrived damaged at ${this.#connection.name}`);
    return tagOf(ETag, ChecksumCRC32);
  }

  async complete(tags: readonly string[], signal: AbortSignal): Promise<void> {
    const parts = tags.map((tag, index) => {
      const [etag = '', checksum] = tag.split(' ');
      return {
        PartNumber: index + 1,
        ETag: etag,
        ...(checksum !== undefined && this.#connection.withChecksums && { ChecksumCRC32: checksum }),
      };
    });
    const command = new CompleteMultipartUploadCommand({ ...this.#of, MultipartUpload: { Parts: parts } });
    await this.#connection.send((client) => client.send(command, { abortSignal: signal }), signal);
  }

  async abort(signal: AbortSignal): Promise<void> {
    const command = new AbortMultipartUploadCommand(this.#of);
    try {
      await this.#connection.send((client) => client.send(command, { abortSignal: signal }), signal);
    } catch (error) {
      if (!(error instanceof StoreError && error.kind === 'missing')) throw error;
    }
  }
}
