import { unescape as percentDecoded } from 'node:querystring';
import { messageOf } from '../../base/fault.ts';
import { type HttpAnswer, type HttpProxy, httpRequest, proxyRefusal } from '../../base/http-request.ts';

/** Maximum number of redirects, as in browsers. */
const maxRedirects = 20;
const redirections: readonly number[] = [301, 302, 303, 307, 308];

/** What a request says beside its address. */
export interface GetOptions {
  readonly method?: 'HEAD';
  /** Sent to every server on the way. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to the address's own server only, in place of the user and the password in the address. */
  readonly credentials?: Readonly<Record<string, string>>;
  /** As in `Route`. */
  readonly authority?: string | null;
  /** As in `HttpRequest`. */
  readonly idleMs?: number;
}

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
  options: GetOptions = {},
): Promise<HttpAnswer> {
  let url = new URL(address);
  let credentials = options.credentials ?? credentialsIn(url);
  for (let followed = 0; followed <= maxRedirects; followed += 1) {
    const headers = { accept: '*/*', ...options.headers, ...credentials };
    const response = await send(url, { ...options, headers, signal, proxy: proxyOf(url) });
    const { location } = response.headers;
    if (location === undefined || !redirections.includes(response.statusCode ?? 0)) return response;
    response.destroy();
    const next = redirected(url, location);
    credentials = credentialsIn(next) ?? (next.origin === url.origin ? credentials : null);
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

/** The header for the user and the password in an address; null: there are none. */
export function credentialsIn({ username, password }: URL): Readonly<Record<string, string>> | null {
  if (username === '' && password === '') return null;
  return { authorization: basicAuthorization(percentDecoded(username), percentDecoded(password)) };
}

/** The value of a header. */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

interface Sent {
  readonly method?: 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly proxy: HttpProxy | null;
  readonly authority?: string | null;
  readonly idleMs?: number;
}

async function send(url: URL, sent: Sent): Promise<HttpAnswer> {
  try {
    return await httpRequest(url, { body: null, authority: null, ...sent });
  } catch (cause) {
    throw sent.proxy === null || sent.signal.aborted ? cause : new ProxyError(sent.proxy, cause);
  }
}
