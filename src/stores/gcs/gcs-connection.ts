import type { Readable } from 'node:stream';
import type { AuthClient } from 'google-auth-library';
import {
  type HttpAnswer,
  type HttpRequest,
  httpAgent,
  httpRequest,
  type Route,
} from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import { readBounded } from '../../base/read-bounded.ts';
import { unlessAborted } from '../../base/unless-aborted.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { StoreError } from '../object-store.ts';
import { storeRoute } from '../store-route.ts';
import { unreachable } from '../unreachable.ts';
import { explainAnswer, explainToken, isOfToken, NoToken } from './explain-gcs.ts';
import { gcsIdentity } from './gcs-identity.ts';
import { type GcsSettings, gcsSettings } from './gcs-settings.ts';

/** One request to a bucket, by Google's JSON API. */
export interface GcsRequest {
  readonly method?: HttpRequest['method'];
  /** Before the bucket's path: `/storage/v1` without. */
  readonly service?: '/upload/storage/v1';
  /** Below the bucket: `/o`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** A body of its own for each attempt; without: none. */
  readonly body?: () => string | Readable;
  /** A 404 means the bucket, not an object. */
  readonly isOfBucket?: boolean;
}

/**
 * Sends requests to one bucket. A token that the store refuses is replaced, once, by a new one: credentials are read again
 * from where they are.
 */
export class GcsConnection {
  readonly name: string;
  readonly #address: URL;
  readonly #environment: Environment;
  #settings: GcsSettings;
  #identity: { readonly client: AuthClient | null } | null = null;
  #agent: ReturnType<typeof httpAgent> | null = null;

  /** @throws Fault `usage` */
  constructor(address: URL, environment: Environment) {
    this.#address = address;
    this.#environment = environment;
    this.#settings = gcsSettings(address, environment);
    this.name = `gs://${this.#settings.bucket}`;
  }

  get kmsKey(): string | null {
    return this.#settings.kmsKey;
  }

  /** @returns an answer of success, its body not yet read @throws StoreError, or the signal's reason */
  async send(request: GcsRequest, signal: AbortSignal): Promise<HttpAnswer> {
    for (let isLast = false; ; isLast = true) {
      signal.throwIfAborted();
      const identity = this.#identity ?? this.#identify();
      const answer = await this.#once(request, identity.client, signal);
      const { statusCode = 0 } = answer;
      if (statusCode >= 200 && statusCode < 300) return answer;
      const text = await readBounded(answer, limits.storeAnswerBytes).catch(() => '');
      if (signal.aborted) throw signal.reason;
      const { isOfBucket = false } = request;
      if (isLast || !isOfToken(answer) || identity.client === null)
        throw explainAnswer(answer, text, { name: this.name, isOfBucket });
      // Another request may have done it.
      if (this.#identity === identity) this.#identity = null;
    }
  }

  /** The same, for an answer in JSON. */
  async ask<T>(request: GcsRequest, signal: AbortSignal): Promise<T> {
    const answer = await this.send(request, signal);
    try {
      return JSON.parse(await readBounded(answer, limits.storeAnswerBytes)) as T;
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw new StoreError('broken', `${this.name} answered no JSON`, { cause });
    }
  }

  close(): void {
    const agent = this.#agent;
    this.#agent = null;
    agent?.then((opened) => opened.destroy()).catch(() => undefined);
  }

  #identify(): { readonly client: AuthClient | null } {
    this.#settings = gcsSettings(this.#address, this.#environment);
    try {
      this.#identity = { client: gcsIdentity(this.#settings.credentials, this.#environment) };
    } catch (cause) {
      throw explainToken(cause, this.name, this.#settings.credentials);
    }
    return this.#identity;
  }

  async #once(request: GcsRequest, identity: AuthClient | null, signal: AbortSignal): Promise<HttpAnswer> {
    const { bucket, endpoint } = this.#settings;
    const { method, service = '/storage/v1', path, query = {}, headers = {}, body } = request;
    const url = new URL(`${endpoint}${service}/b/${encodeURIComponent(bucket)}${path}`);
    url.search = new URLSearchParams(query).toString();
    const token = identity === null ? {} : await this.#authorize(identity, signal);
    const route = storeRoute(url, this.#environment);
    try {
      this.#agent ??= agentFor(url, route);
      return await httpRequest(url, {
        ...route,
        ...(method !== undefined && { method }),
        headers: { ...headers, ...token },
        body: body?.() ?? null,
        agent: await this.#agent,
        idleMs: limits.storeIdleMs,
        signal,
      });
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw unreachable(cause, this.name, route.proxy);
    }
  }

  async #authorize(identity: AuthClient, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    try {
      const { token } = await unlessAborted(identity.getAccessToken(), signal);
      if (typeof token !== 'string') throw new NoToken('refused', 'the token server gave none');
      return { authorization: `Bearer ${token}` };
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw explainToken(cause, this.name, this.#settings.credentials);
    }
  }
}

function agentFor(url: URL, route: Route): ReturnType<typeof httpAgent> {
  return httpAgent(url.protocol, route, { keepAlive: true, maxSockets: limits.storeRequests * 2 });
}
