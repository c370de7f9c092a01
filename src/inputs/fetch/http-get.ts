import type { Agent, IncomingMessage, RequestOptions } from 'node:http';
import { unescape as percentDecoded } from 'node:querystring';
import type { HttpProxy } from '../../settings/proxy.ts';

/** Maximum number of redirects, as in browsers. */
const maxRedirects = 20;
const redirections: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Requests a file over HTTP or HTTPS and follows redirects. Does not use `fetch`, which decompresses a body that the
 * server marks as compressed, as many do for a `.tgz`: we need the file as stored, which the checksum refers to.
 *
 * @param address a user name and a password in it are sent only to its own server
 * @param proxyOf returns the proxy for a URL, or null
 * @returns the response, its body not yet read
 * @throws Error whose `code` or message gives the reason; if aborted, the signal's reason
 */
export async function httpGet(
  address: string,
  signal: AbortSignal,
  proxyOf: ProxyOf,
): Promise<IncomingMessage> {
  let url = new URL(address);
  let authorization = authorizationIn(url);
  for (let followed = 0; followed <= maxRedirects; followed += 1) {
    const response = await send(url, { authorization, signal, proxy: proxyOf(url) });
    const { location } = response.headers;
    if (location === undefined || !redirections.includes(response.statusCode ?? 0)) return response;
    response.destroy();
    const next = redirected(url, location);
    authorization = authorizationIn(next) ?? (next.origin === url.origin ? authorization : null);
    url = next;
  }
  throw new Redirection(`redirected more than ${maxRedirects} times`);
}

/** Returns the proxy for a URL; null = none. */
export type ProxyOf = (url: URL) => HttpProxy | null;

/** An invalid redirect, which a retry cannot fix. */
export class Redirection extends Error {}

/** A failure of or behind a proxy. */
export class ProxyError extends Error {
  /** The status with which the proxy refused, which a retry cannot change; null = the connection failed. */
  readonly status: number | null;

  constructor({ name, variable }: HttpProxy, cause: Error) {
    const status = 'statusCode' in cause && typeof cause.statusCode === 'number' ? cause.statusCode : null;
    const advice = status === 407 ? `; it asks for a name and a password in ${variable}` : '';
    const way = `the proxy ${name} of ${variable}`;
    super(
      status === null
        ? `${cause.message} (through ${way})`
        : `${way} refused the connection (${status})${advice}`,
      {
        cause,
      },
    );
    this.status = status;
  }
}

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from) ? new URL(location, from) : null;
  if (to === null || !/^https?:$/.test(to.protocol))
    throw new Redirection('redirected to an address that is neither http:// nor https://');
  // Anyone on the way could read and change what TLS protected.
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw new Redirection('redirected from https:// to http://, which is not followed');
  return to;
}

function authorizationIn({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  const credentials = Buffer.from(`${percentDecoded(username)}:${percentDecoded(password)}`);
  return `Basic ${credentials.toString('base64')}`;
}

interface RequestContext {
  readonly authorization: string | null;
  readonly signal: AbortSignal;
  readonly proxy: HttpProxy | null;
}

async function send(url: URL, { authorization, signal, proxy }: RequestContext): Promise<IncomingMessage> {
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const options: RequestOptions = {
    agent: proxy === null ? false : await agentFor(url, proxy),
    signal,
    headers: {
      accept: '*/*',
      'accept-encoding': 'identity',
      ...(authorization !== null && { authorization }),
    },
  };
  return new Promise((resolve, reject) => {
    let response: IncomingMessage | null = null;
    request(plain, options, (found) => {
      response = found;
      resolve(found);
    })
      .on('error', (error) => {
        // Otherwise the reader would only see a closed connection. Data after a complete body is not part of it.
        if (response?.complete === false) response.destroy(error);
        const failure = proxy === null ? error : new ProxyError(proxy, error);
        reject(signal.aborted ? signal.reason : failure);
      })
      // We requested no other protocol (101). Without a listener, Node closes the connection without an event.
      .on('upgrade', (found, socket) => {
        socket.destroy();
        resolve(found);
      })
      .end();
  });
}

async function agentFor({ protocol }: URL, { address }: HttpProxy): Promise<Agent> {
  const { proxyAgent } = await import('../../base/proxy-agent.ts');
  return proxyAgent(protocol, address);
}
