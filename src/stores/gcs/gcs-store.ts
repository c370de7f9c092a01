import type { Readable } from 'node:stream';
import type { HttpAnswer } from '../../base/http-request.ts';
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
import { isOfMissingBucket } from './explain-gcs.ts';
import { GcsConnection } from './gcs-connection.ts';
import { type GcsObject, gcsFields, objectPath, toStored } from './gcs-object.ts';
import { GcsUpload } from './gcs-upload.ts';
import { listObjects } from './list-objects.ts';
import { putWhole } from './put-whole.ts';

const GiB = 2 ** 30;

/**
 * A bucket of Google Cloud Storage: `gs://bucket`. The SHA-256 of an object is in its metadata.
 *
 * @throws Fault `usage`
 */
export function openGcs(address: URL, environment: Environment): ObjectStore {
  return new GcsStore(new GcsConnection(address, environment));
}

class GcsStore implements ObjectStore {
  readonly name: string;
  /** https://docs.cloud.google.com/storage/quotas#objects; parts are composed in up to three steps, 32 at a time. */
  readonly parts: PartLimits = {
    minBytes: 1,
    maxBytes: 5 * GiB,
    most: 32 ** 3,
    maxObjectBytes: 5 * 1024 * GiB,
  };
  readonly #connection: GcsConnection;

  constructor(connection: GcsConnection) {
    this.#connection = connection;
    this.name = connection.name;
  }

  async head(key: string, signal: AbortSignal): Promise<StoredObject | null> {
    try {
      const request = { path: objectPath(key), query: { fields: gcsFields } };
      return { ...toStored(await this.#connection.ask<GcsObject>(request, signal)), key };
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'missing' && !isOfMissingBucket(error)) return null;
      throw error;
    }
  }

  async get(
    key: string,
    { range, version }: { readonly range: ObjectRange | null; readonly version: string | null },
    signal: AbortSignal,
  ): Promise<Readable> {
    const query = { alt: 'media', ...(version !== null && { ifGenerationMatch: version }) };
    // Otherwise, the store unpacks what is marked as gzip-encoded, and gives no ranges of it.
    const gzip = { 'accept-encoding': 'gzip' };
    const headers = range === null ? gzip : { ...gzip, range: `bytes=${range.start}-${range.end - 1}` };
    const answer = await this.#connection.send({ path: objectPath(key), query, headers }, signal);
    const problem = problemOf(answer, range);
    const found = answer.headers['x-goog-generation'];
    if (problem === null && (version === null || found === undefined || found === version)) return answer;
    answer.destroy();
    throw new StoreError('invalid', problem ?? `the object has changed in ${this.name}`);
  }

  async put(
    key: string,
    body: () => Readable | Buffer,
    length: number,
    { type, sha256 }: ObjectAbout,
    { signal, sent }: Sending,
  ): Promise<void> {
    const metadata = sha256 === null ? {} : { sha256 };
    await putWhole(this.#connection, { key, type, metadata, body, length, sent }, signal);
  }

  async begin(key: string, id: string | null, about: ObjectAbout): Promise<PartUpload> {
    return new GcsUpload(this.#connection, { key, about }, id);
  }

  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
    for await (const object of listObjects(this.#connection, prefix, signal)) yield toStored(object);
  }

  close(): void {
    this.#connection.close();
  }
}

function problemOf({ statusCode, headers }: HttpAnswer, range: ObjectRange | null): string | null {
  const isGiven = range === null || (statusCode === 206 && isRange(headers['content-range'], range));
  return isGiven ? null : 'the store gives no parts of it';
}
