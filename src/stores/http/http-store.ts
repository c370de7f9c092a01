import type { Readable } from 'node:stream';
import { type HttpAnswer, type HttpRequest, httpRequest, type Route } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { proxyFor } from '../../settings/proxy.ts';
import { inPieces } from '../in-pieces.ts';
import { isRange } from '../is-range.ts';
import {
  type ObjectAbout,
  type ObjectRange,
  type ObjectStore,
  type PartUpload,
  type Sending,
  type StoredObject,
  StoreError,
} from '../object-store.ts';
import { storeRoute } from '../store-route.ts';
import { digestIn, isProven, lossIn, type Put } from './check-stored.ts';
import { credentialsOf } from './http-credentials.ts';
import { brokenOff, refusedBy } from './http-error.ts';
import { type GetOptions, httpGet } from './http-get.ts';
import { untilSent } from './sent-body.ts';

/** How often an object is put that the server takes, and then does not have. */
const mostLosses = 3;
type Headers = Readonly<Record<string, string>>;

/**
 * A server that takes files by PUT, such as nginx with WebDAV, or Artifactory. A key is a path on the server; the empty key
 * is the path of the address. A query in the address is sent with each request.
 *
 * @param environment `EMISSARY_HTTP_…`: credentials
 * @throws Fault `usage`
 */
export function openHttp(address: URL, environment: Environment): ObjectStore {
  return new HttpStore(address, environment);
}

class HttpStore implements ObjectStore {
  readonly name: string;
  /** There is no way to put a part that servers agree on. */
  readonly parts = null;
  readonly #address: URL;
  readonly #credentials: Headers | null;
  readonly #route: Route;
  readonly #environment: Environment;
  /** Whether the server is asked for what it has taken. */
  readonly #checks: boolean;
  /** How often an object was put, and was not there. */
  readonly #losses = new Map<string, number>();

  constructor(address: URL, environment: Environment) {
    this.name = address.origin;
    this.#address = address;
    this.#environment = environment;
    this.#credentials = credentialsOf(address, environment);
    this.#checks = environment.get('EMISSARY_HTTP_CHECK') !== 'false';
    this.#route = storeRoute(address, environment);
  }

  async head(key: string, signal: AbortSignal): Promise<StoredObject | null> {
    const answer = await this.#get(key, { method: 'HEAD' }, signal);
    answer.resume();
    const { statusCode = 0, headers } = answer;
    if (statusCode === 404 || statusCode === 410) return null;
    if (statusCode !== 200) throw refusedBy(answer);
    const { 'content-length': length } = headers;
    if (length === undefined) throw new StoreError('invalid', 'the server does not tell its size');
    return { key, size: Number(length), sha256: digestIn(headers), version: versionOf(answer) };
  }

  async get(
    key: string,
    { range, version }: { readonly range: ObjectRange | null; readonly version: string | null },
    signal: AbortSignal,
  ): Promise<Readable> {
    const headers = {
      ...(range !== null && { range: `bytes=${range.start}-${range.end - 1}` }),
      ...(version !== null && { 'if-match': version }),
    };
    const answer = await this.#get(key, { headers }, signal);
    const found = versionOf(answer);
    const isAll = range !== null && answer.statusCode === 200 && isWhole(answer, range);
    if (answer.statusCode !== (range === null || isAll ? 200 : 206)) {
      answer.destroy();
      throw answer.statusCode === 200
        ? new StoreError('invalid', 'the server gives no parts of it')
        : refusedBy(answer);
    }
    if (answer.statusCode === 206 && range !== null && !isRange(answer.headers['content-range'], range)) {
      answer.destroy();
      throw new StoreError('invalid', 'the server gives another part of it than was asked for');
    }
    // Not every server knows If-Match.
    if (version !== null && found !== version) {
      answer.destroy();
      throw new StoreError('invalid', 'it has changed meanwhile');
    }
    return answer;
  }

  async put(
    key: string,
    body: () => Readable | Buffer,
    length: number,
    about: ObjectAbout,
    { signal, sent }: Sending,
  ): Promise<void> {
    const digest = about.sha256 === null ? null : Buffer.from(about.sha256, 'hex').toString('base64');
    const headers = {
      'content-type': about.type,
      'content-length': String(length),
      // RFC 9530.
      ...(digest !== null && { 'repr-digest': `sha-256=:${digest}:` }),
    };
    const content = body();
    const bytes = inPieces(content, sent);
    const answer = await this.#send(key, { method: 'PUT', headers, body: bytes, signal });
    if (![200, 201, 202, 204].includes(answer.statusCode ?? 0)) {
      // Nobody wants the rest of it.
      answer.destroy();
      bytes.destroy();
      throw refusedBy(answer);
    }
    answer.resume();
    await untilSent(bytes, signal);
    const put = { length, sha256: about.sha256, bytes: Buffer.isBuffer(content) ? content : null };
    // With 202, it says itself that it is not there yet.
    if (this.#checks && answer.statusCode !== 202 && !isProven(answer, put))
      await this.#check(key, put, signal);
  }

  begin(): Promise<PartUpload> {
    throw new StoreError('invalid', `${this.name} takes files in one piece only`);
  }

  // biome-ignore lint/correctness/useYield: HTTP has no listing.
  async *list(): AsyncGenerator<StoredObject> {
    throw new StoreError('invalid', `${this.name} does not tell what it has`);
  }

  close(): void {
    // Each request has a connection of its own.
  }

  /** Without redirections: where a server sends readers to is not what it has taken. */
  async #check(key: string, put: Put, signal: AbortSignal): Promise<void> {
    const headers = { 'cache-control': 'no-cache' };
    const answer = await this.#send(key, { method: 'HEAD', headers, body: null, signal });
    answer.resume();
    const loss = lossIn(answer, put);
    if (loss === null) return;
    const losses = (this.#losses.get(key) ?? 0) + 1;
    this.#losses.set(key, losses);
    throw new StoreError(
      losses < mostLosses ? 'broken' : 'invalid',
      `the server took the file, but ${loss}; if it is not meant to tell, set EMISSARY_HTTP_CHECK=false`,
    );
  }

  async #get(key: string, options: GetOptions, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      const proxyOf = (url: URL) => proxyFor(url, this.#environment);
      const { authority } = this.#route;
      const own = { ...options, authority, credentials: this.#credentials ?? {}, idleMs: limits.storeIdleMs };
      return await httpGet(this.#to(key).href, signal, proxyOf, own);
    } catch (cause) {
      throw brokenOff(cause, signal);
    }
  }

  async #send(
    key: string,
    request: Pick<HttpRequest, 'method' | 'headers' | 'body' | 'signal'>,
  ): Promise<HttpAnswer> {
    const headers = { ...request.headers, ...this.#credentials };
    try {
      return await httpRequest(this.#to(key), {
        ...request,
        ...this.#route,
        headers,
        idleMs: limits.storeIdleMs,
      });
    } catch (cause) {
      throw brokenOff(cause, request.signal);
    }
  }

  #to(key: string): URL {
    const address = new URL(this.#address);
    if (key !== '') address.pathname = `/${key.split('/').map(encodeURIComponent).join('/')}`;
    return address;
  }
}

/** A weak ETag may be that of other bytes. */
function versionOf({ headers }: HttpAnswer): string | null {
  const { etag } = headers;
  return etag === undefined || etag.startsWith('W/') ? null : etag;
}

/** Servers that know no ranges answer with the whole file, which may be all that was asked for. */
function isWhole({ headers }: HttpAnswer, { start, end }: ObjectRange): boolean {
  return start === 0 && headers['content-length'] === String(end);
}
