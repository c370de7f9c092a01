import { unescape as percentDecoded } from 'node:querystring';
import { messageOf } from '../../base/fault.ts';
import { type HttpAnswer, type HttpProxy, httpRequest, proxyRefusal } from '../../base/http-request.ts';

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
export async function httpGet(address: string, signal: AbortSignal, proxyOf: ProxyOf): Promise<HttpAnswer> {
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
  /** The proxy refused, which a retry cannot change. */
  readonly permanent: boolean;

  constructor(proxy: HttpProxy, cause: unknown) {
    const refusal = proxyRefusal(proxy, cause);
    const way = `through the proxy ${proxy.name} of ${proxy.variable}`;
    super(refusal?.reason ?? `${messageOf(cause)} (${way})`, { cause });
    this.permanent = refusal?.permanent ?? false;
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

async function send(url: URL, { authorization, signal, proxy }: RequestContext): Promise<HttpAnswer> {
  const headers = { accept: '*/*', ...(authorization !== null && { authorization }) };
  try {
    return await httpRequest(url, { headers, body: null, signal, proxy, authority: null });
  } catch (cause) {
    throw proxy === null || signal.aborted ? cause : new ProxyError(proxy, cause);
  }
}
