import type { Agent, AgentOptions, IncomingMessage, RequestOptions } from 'node:http';
import { pipeline, type Readable } from 'node:stream';

/** A proxy that requests to some server go through. */
export interface HttpProxy {
  /** Its whole address: it may hold a user name and a password, and is never shown. */
  readonly address: string;
  /** Its host and port, for messages. */
  readonly name: string;
  /** The variable that named it, for messages. */
  readonly variable: string;
}

/** How a server is reached. */
export interface Route {
  /** Null: directly. */
  readonly proxy: HttpProxy | null;
  /** The PEM text of an authority of one's own; null: the usual ones. It also holds for a proxy that speaks TLS. */
  readonly authority: string | null;
}

/** One request. */
export interface HttpRequest extends Route {
  readonly headers: Readonly<Record<string, string>>;
  /** Sent by POST; null: a GET. A stream's length must be in the headers, as `content-length`. */
  readonly body: string | Buffer | Readable | null;
  /** In place of these two. */
  readonly method?: 'HEAD' | 'PUT' | 'DELETE';
  /** Ends the request, and the reading of its answer. */
  readonly signal: AbortSignal;
  /** Ends them when nothing is sent or received for so long, in ms; without: never. */
  readonly idleMs?: number;
  /** Keeps connections for more requests to the same server; its route is that of the agent. */
  readonly agent?: Agent;
}

/** What a server answered, its body not yet read. */
export type HttpAnswer = IncomingMessage;

/**
 * Sends one request over HTTP or HTTPS, without an agent on a connection of its own: a kept one may be closed by the server
 * just when the next request is sent. Redirections are not followed, and the body stays as the server has it (decision 80).
 *
 * @param url a user and a password in it are not sent
 * @throws the runtime's error; aborted: the signal's reason
 */
export async function httpRequest(url: URL, request: HttpRequest): Promise<HttpAnswer> {
  const { headers, body, signal } = request;
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  const client = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const isWhole = typeof body === 'string' || Buffer.isBuffer(body);
  const length = isWhole ? { 'content-length': Buffer.byteLength(body) } : {};
  const options: RequestOptions = {
    method: request.method ?? (body === null ? 'GET' : 'POST'),
    headers: { 'accept-encoding': 'identity', ...headers, ...length },
    agent: request.agent ?? (await httpAgent(url.protocol, request)),
    signal,
  };
  return new Promise((resolve, reject) => {
    let answer: HttpAnswer | null = null;
    const sent = client
      .request(plain, options, (found) => {
        answer = found;
        resolve(found);
      })
      .on('error', (error) => {
        const cause = signal.aborted ? signal.reason : (failureOf(body) ?? error);
        // Its reader would only learn that the connection was closed. What is behind a whole body is not a part of it.
        if (answer?.complete === false) answer.destroy(cause);
        reject(cause);
      })
      // Nobody asked for another protocol (101). Without a listener, Node closes the connection and says nothing.
      .on('upgrade', (found, socket) => {
        socket.destroy();
        // It has no body, and no end.
        found.destroy();
        resolve(found);
      });
    const { idleMs = null } = request;
    if (idleMs !== null)
      sent.setTimeout(idleMs, () => sent.destroy(new Error(`the server was silent for ${idleMs / 1000} s`)));
    // What fails is told by the request.
    if (body === null || isWhole) sent.end(body ?? undefined);
    else pipeline(body, sent, () => undefined);
  });
}

/** Why a body could not be read: its request only says that the connection was closed. */
function failureOf(body: HttpRequest['body']): Error | null {
  return body !== null && typeof body === 'object' && 'errored' in body ? body.errored : null;
}

/**
 * The runtime's agent for a route.
 *
 * @param protocol of the address that is asked for: `https:` or `http:`
 * @param more how it keeps connections; by default, it keeps none
 */
export async function httpAgent(
  protocol: string,
  { proxy, authority }: Route,
  more: AgentOptions = {},
): Promise<Agent> {
  const options = authority === null ? more : { ...more, ca: authority };
  if (proxy !== null) return (await import('./proxy-agent.ts')).proxyAgent(protocol, proxy.address, options);
  const client = protocol === 'https:' ? await import('node:https') : await import('node:http');
  return new client.Agent(options);
}

/** Why a proxy made no connection. */
export interface ProxyRefusal {
  readonly reason: string;
  /** Asking again does not help. */
  readonly permanent: boolean;
}

/** What a proxy answered in the place of a connection; null where it did not even answer as one. */
export function proxyRefusal({ name, variable }: HttpProxy, error: unknown): ProxyRefusal | null {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : null;
  if (typeof status !== 'number' || !(status >= 300 && status < 600)) return null;
  const advice = status === 407 ? `; set a user name and a password in ${variable}` : '';
  const reason = `the proxy ${name} of ${variable} refused the connection (${status})${advice}`;
  return { reason, permanent: status < 500 };
}
