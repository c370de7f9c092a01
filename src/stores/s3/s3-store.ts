import type { Readable } from 'node:stream';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type ServerSideEncryption,
} from '@aws-sdk/client-s3';
import type { Environment } from '../../settings/cli/environment.ts';
import { isRange } from '../is-range.ts';
import {
  type ObjectAbout,
  type ObjectRange,
  type ObjectStore,
  type PartLimits,
  type PartUpload,
  type Sending,
  type StoredObject,
  StoreError,
} from '../object-store.ts';
import { isDamaged } from './content-check.ts';
import { S3Connection } from './s3-connection.ts';
import { type S3Settings, s3Settings } from './s3-settings.ts';
import { S3Upload } from './s3-upload.ts';
import { sendInPieces } from './send-in-pieces.ts';

/** Opens a bucket of AWS, or of any server with S3's API. @throws Fault `usage` */
export async function openS3(address: URL, environment: Environment): Promise<ObjectStore> {
  return new S3Store(s3Settings(address, environment));
}

/** A bucket (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html has its limits). */
class S3Store implements ObjectStore {
  readonly name: string;
  readonly parts: PartLimits = {
    minBytes: 5 * 2 ** 20,
    maxBytes: 5 * 2 ** 30,
    most: 10_000,
    maxObjectBytes: 5 * 2 ** 40,
  };
  readonly #connection: S3Connection;
  readonly #bucket: string;

  constructor(settings: S3Settings) {
    this.#connection = new S3Connection(settings);
    this.#bucket = settings.bucket;
    this.name = this.#connection.name;
  }

  async head(key: string, signal: AbortSignal): Promise<StoredObject | null> {
    const command = new HeadObjectCommand({ Bucket: this.#bucket, Key: key });
    try {
      const found = await this.#connection.send(
        (client) => client.send(command, { abortSignal: signal }),
        signal,
      );
      return {
        key,
        size: found.ContentLength ?? 0,
        sha256: digestIn(found.Metadata),
        version: found.ETag ?? null,
      };
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'missing') return null;
      throw error;
    }
  }

  async get(
    key: string,
    { range, version }: { readonly range: ObjectRange | null; readonly version: string | null },
    signal: AbortSignal,
  ): Promise<Readable> {
    const command = new GetObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      ...(range !== null && { Range: `bytes=${range.start}-${range.end - 1}` }),
      ...(version !== null && { IfMatch: version }),
    });
    const answer = await this.#connection.send(
      (client) => client.send(command, { abortSignal: signal }),
      signal,
    );
    // In Node, it is one.
    const body = answer.Body as Readable;
    const problem = problemOf(answer, range, version);
    if (problem === null) return body;
    body.destroy();
    throw new StoreError('invalid', `${problem} ${this.name}`);
  }

  async put(
    key: string,
    body: () => Readable | Buffer,
    length: number,
    about: ObjectAbout,
    { signal, sent }: Sending,
  ): Promise<void> {
    await this.#connection.send(async (client) => {
      const bytes = body();
      const command = new PutObjectCommand({
        ...this.#about(key, about),
        Body: bytes,
        ContentLength: length,
      });
      sendInPieces(command, sent);
      const { ETag } = await client.send(command, { abortSignal: signal });
      if (bytes instanceof Buffer && isDamaged(this.#connection, bytes, ETag))
        throw new StoreError('broken', `an object arrived damaged at ${this.name}`);
    }, signal);
  }

  async begin(key: string, id: string | null, about: ObjectAbout, signal: AbortSignal): Promise<PartUpload> {
    if (id !== null) return new S3Upload(this.#connection, key, id);
    const { UploadId } = await this.#connection.send(
      (client) =>
        client.send(
          new CreateMultipartUploadCommand({
            ...this.#about(key, about),
            ...(this.#connection.withChecksums && { ChecksumAlgorithm: 'CRC32' as const }),
          }),
          { abortSignal: signal },
        ),
      signal,
    );
    if (UploadId === undefined) throw new StoreError('broken', `${this.name} began no upload`);
    return new S3Upload(this.#connection, key, UploadId);
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject> {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const token: string = after;
      const command: ListObjectsV2Command = new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: prefix,
        ...(token !== '' && { ContinuationToken: token }),
      });
      const page = await this.#connection.send(
        (client) => client.send(command, { abortSignal: signal }),
        signal,
      );
      for (const { Key = '', Size = 0, ETag } of page.Contents ?? [])
        yield { key: Key, size: Size, sha256: null, version: ETag ?? null };
      after = page.IsTruncated ? page.NextContinuationToken : undefined;
    }
  }

  close(): void {
    this.#connection.close();
  }

  #about(key: string, { type, sha256 }: ObjectAbout) {
    const { encryption } = this.#connection.settings;
    return {
      Bucket: this.#bucket,
      Key: key,
      ContentType: type,
      ...(sha256 !== null && { Metadata: { sha256 } }),
      ...(encryption !== null && {
        ServerSideEncryption: encryption.kind as ServerSideEncryption,
        ...(encryption.key !== null && { SSEKMSKeyId: encryption.key }),
      }),
    };
  }
}

/** Others may keep something else by that name. */
function digestIn(metadata: Readonly<Record<string, string>> | undefined): string | null {
  const found = metadata?.['sha256'] ?? '';
  return /^[0-9a-f]{64}$/.test(found) ? found : null;
}

/** Servers that are not AWS may know neither ranges nor conditions. @returns a clause that ends before the store's name */
function problemOf(
  { ContentRange, ETag }: Pick<GetObjectCommandOutput, 'ContentRange' | 'ETag'>,
  range: ObjectRange | null,
  version: string | null,
): string | null {
  if (range !== null && !isRange(ContentRange, range)) return 'ranges are not given by';
  return version !== null && ETag !== undefined && ETag !== version ? 'the object has changed in' : null;
}
