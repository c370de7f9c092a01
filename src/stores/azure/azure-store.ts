import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BlobDownloadResponseParsed, BlobHTTPHeaders } from '@azure/storage-blob';
import { limits } from '../../base/limits.ts';
import { Silence } from '../../base/silence.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { inPieces } from '../in-pieces.ts';
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
import { AzureConnection } from './azure-connection.ts';
import { azureUpload } from './azure-upload.ts';
import { isOfContainer } from './explain-azure.ts';

const MiB = 1024 * 1024;

/**
 * A container of Azure Blob Storage: `azblob://container`. Objects are block blobs; their SHA-256 is in their metadata.
 *
 * @throws Fault `usage`
 */
export function openAzure(address: URL, environment: Environment): ObjectStore {
  return new AzureStore(new AzureConnection(address, environment));
}

class AzureStore implements ObjectStore {
  readonly name: string;
  /** https://learn.microsoft.com/rest/api/storageservices/understanding-block-blobs--append-blobs--and-page-blobs */
  readonly parts: PartLimits = {
    minBytes: 1,
    maxBytes: 4000 * MiB,
    most: 50_000,
    maxObjectBytes: 50_000 * 4000 * MiB,
  };
  readonly #connection: AzureConnection;

  constructor(connection: AzureConnection) {
    this.#connection = connection;
    this.name = connection.name;
  }

  async head(key: string, signal: AbortSignal): Promise<StoredObject | null> {
    try {
      return await this.#connection.send(async (container, { abortSignal }) => {
        const found = await container.getBlobClient(key).getProperties({ abortSignal });
        const { contentLength: size = 0, etag: version = null, metadata } = found;
        return { key, size, version, sha256: digestIn(metadata) };
      }, signal);
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'missing' && !isOfContainer(error)) return null;
      throw error;
    }
  }

  async get(
    key: string,
    { range, version }: { readonly range: ObjectRange | null; readonly version: string | null },
    signal: AbortSignal,
  ): Promise<Readable> {
    const { start, end } = range ?? { start: 0, end: null };
    let silence: Silence | null = null;
    const body = await this.#connection.send(async (container, { abortSignal }) => {
      const answer = await container
        .getBlobClient(key)
        .download(start, end === null ? undefined : end - start, {
          abortSignal,
          ...(version !== null && { conditions: { ifMatch: version } }),
          maxRetryRequests: 0,
          onProgress: () => silence?.heard(),
        });
      const { readableStreamBody: found } = answer;
      if (!(found instanceof Readable)) throw new StoreError('broken', `${this.name} sent no content`);
      const problem = problemOf(answer, range, version);
      if (problem === null) return found;
      found.destroy();
      throw new StoreError('invalid', `${problem} ${this.name}`);
    }, signal);
    silence = new Silence(limits.storeIdleMs, () => body.destroy(new StoreError('broken', 'it was silent')));
    body.once('close', () => silence?.cancel());
    return body;
  }

  async put(
    key: string,
    body: () => Readable | Buffer,
    length: number,
    about: ObjectAbout,
    { signal, sent }: Sending,
  ): Promise<void> {
    await this.#connection.send(async (container, options) => {
      const content = body();
      const md5 = Buffer.isBuffer(content) ? createHash('md5').update(content).digest() : null;
      const headers: BlobHTTPHeaders = {
        blobContentType: about.type,
        ...(md5 !== null && { blobContentMD5: md5 }),
      };
      await container.getBlockBlobClient(key).upload(() => inPieces(content, sent), length, {
        ...options,
        blobHTTPHeaders: headers,
        ...metadataFor(about),
      });
    }, signal);
  }

  begin(key: string, id: string | null, about: ObjectAbout, signal: AbortSignal): Promise<PartUpload> {
    return azureUpload(this.#connection, { key, about, more: metadataFor(about) }, id, signal);
  }

  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
    let continuationToken: string | undefined;
    do {
      const page = await this.#connection.send(async (container, { abortSignal }) => {
        const settings = continuationToken === undefined ? {} : { continuationToken };
        const pages = container
          .listBlobsFlat({ prefix, includeMetadata: true, abortSignal })
          .byPage(settings);
        return (await pages.next()).value ?? null;
      }, signal);
      for (const { name, properties, metadata } of page?.segment.blobItems ?? [])
        yield {
          key: name,
          size: properties.contentLength ?? 0,
          version: properties.etag === '' ? null : `"${properties.etag.replaceAll('"', '')}"`,
          sha256: digestIn(metadata),
        };
      continuationToken = page?.continuationToken || undefined;
    } while (continuationToken !== undefined);
  }

  close(): void {
    this.#connection.close();
  }
}

/** Emulators and gateways may know neither ranges nor conditions. @returns a clause that ends before the store's name */
function problemOf(
  { contentRange, contentLength, etag }: BlobDownloadResponseParsed,
  range: ObjectRange | null,
  version: string | null,
): string | null {
  if (range !== null && !(isRange(contentRange, range) && contentLength === range.end - range.start))
    return 'ranges are not given by';
  return version !== null && etag !== version ? 'the object has changed in' : null;
}

function metadataFor({ sha256 }: ObjectAbout): { readonly metadata?: Record<string, string> } {
  return sha256 === null ? {} : { metadata: { sha256 } };
}

function digestIn(metadata: Readonly<Record<string, string>> | undefined): string | null {
  const found = metadata?.['sha256'] ?? '';
  return /^[0-9a-f]{64}$/.test(found) ? found : null;
}
