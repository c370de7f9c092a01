import type { IncomingMessage } from 'node:http';
import { request as plainRequest } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { Fault, messageOf } from '../../../base/fault.ts';
import { isRecord } from '../../../base/is-record.ts';
import { limits } from '../../../base/limits.ts';
import { readBounded } from '../../../base/read-bounded.ts';
import { keptConnections } from './kept-connections.ts';
import { refusalOf } from './refusal-of.ts';

/** One request to the API server. */
export interface ClusterRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly body?: object;
  readonly signal: AbortSignal;
}

/** An object of the API, as it is in JSON. */
export type ApiObject = Readonly<Record<string, unknown>>;

/**
 * A cluster's API server. Its configuration, credentials and proxy are the client library's; the requests are plain JSON, so
 * that fields which the library does not know stay (decision 94).
 */
export class Cluster {
  /** One for all views of the same server. */
  readonly #known: { config: KubeConfig };
  readonly #load: () => KubeConfig;
  readonly namespace: string;

  /**
   * @param load reads the configuration, and once more where the server refuses its credentials
   * @param like the same server, seen from another namespace
   */
  constructor(load: () => KubeConfig, namespace: string | null, like: Cluster | null = null) {
    this.#load = load;
    this.#known = like === null ? { config: load() } : like.#known;
    const { currentContext } = this.#config;
    this.namespace = namespace ?? this.#config.getContextObject(currentContext)?.namespace ?? 'default';
  }

  get #config(): KubeConfig {
    return this.#known.config;
  }

  /** The API server's address, for people. */
  get server(): string {
    return this.#config.getCurrentCluster()?.server ?? '';
  }

  /** The path of the objects of one kind in the namespace. */
  path(kind: string, name = ''): string {
    const place = `/api/v1/namespaces/${encodeURIComponent(this.namespace)}/${kind}`;
    return name === '' ? place : `${place}/${encodeURIComponent(name)}`;
  }

  /** Sends a request, and reads its answer. @throws ApiError; the runtime's error; the signal's reason */
  async send(wanted: ClusterRequest): Promise<ApiObject> {
    const answer: unknown = JSON.parse(await this.text(wanted));
    if (!isRecord(answer)) throw new Error('its answer is not an object');
    return answer;
  }

  /** As `send`; the answer is a text, such as a log. */
  async text(wanted: ClusterRequest): Promise<string> {
    const late = AbortSignal.any([wanted.signal, AbortSignal.timeout(limits.clusterAnswerMs)]);
    return readBounded(await this.open({ ...wanted, signal: late }), limits.clusterAnswerBytes);
  }

  /** Sends a request whose answer is read as it comes. @throws as `send` */
  async open(wanted: ClusterRequest): Promise<IncomingMessage> {
    const answer = await this.#twice(wanted);
    if (answer.statusCode !== 401) return checked(answer);
    answer.destroy();
    // A token that has just expired: there may be a new one.
    this.#known.config = this.#load();
    return checked(await this.#twice(wanted));
  }

  /** What a connection needs to be accepted: certificates, credentials, the way through a proxy. */
  async connectOptions(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    // The library's type is that of another package.
    try {
      await this.#config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
    } catch (cause) {
      throw new Fault(
        'engine',
        `Cannot get credentials for the cluster ${this.server}: ${messageOf(cause)}`,
        { cause },
      );
    }
    return options;
  }

  /** Reading twice changes nothing. Whatever else was sent may have been done: whoever sends it knows what to look for. */
  async #twice(wanted: ClusterRequest): Promise<IncomingMessage> {
    for (let mayRepeat = wanted.method === 'GET'; ; mayRepeat = false) {
      try {
        return await this.#once(wanted);
      } catch (error) {
        if (!(error instanceof StaleConnection)) throw error;
        if (!mayRepeat) throw error.cause;
      }
    }
  }

  async #once({ method, path, body, signal }: ClusterRequest): Promise<IncomingMessage> {
    const text = body === undefined ? null : JSON.stringify(body);
    const { headers, agent, ...options } = await this.connectOptions();
    const url = new URL(this.server.replace(/\/$/, '') + path);
    const ask = url.protocol === 'http:' ? plainRequest : request;
    return new Promise((resolve, reject) => {
      const sent = ask(
        url,
        {
          ...options,
          agent: keptConnections(agent) as typeof agent,
          method,
          signal,
          headers: {
            ...(headers as object),
            accept: 'application/json',
            ...(text !== null && {
              'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
              'content-length': Buffer.byteLength(text),
            }),
          },
        },
        resolve,
      );
      sent.on('error', (cause) => {
        if (signal.aborted) reject(signal.reason);
        else reject(sent.reusedSocket ? new StaleConnection('the connection was closed', { cause }) : cause);
      });
      sent.end(text ?? undefined);
    });
  }
}

/** A connection that was kept from an earlier request has ended: perhaps it already had before this one. */
class StaleConnection extends Error {}

async function checked(answer: IncomingMessage): Promise<IncomingMessage> {
  const { statusCode = 0 } = answer;
  if (statusCode >= 200 && statusCode < 300) return answer;
  throw await refusalOf(answer);
}
