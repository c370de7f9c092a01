import type { Agent, IncomingMessage, RequestOptions } from 'node:http';
import { unescape as percentDecoded } from 'node:querystring';
import type { HttpProxy } from '../../settings/proxy.ts';

/** Redirections that are followed, as browsers do. */
const mostRedirections = 20;
const redirections: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Asks for a file over HTTP or HTTPS, and follows redirections. Not by `fetch`, which unpacks a body whose server says
 * that it is compressed, as many say of a `.tgz`: the file is what is kept there, and of that the checksum is known.
 *
 * @param address a user and a password in it are sent to its own server only
 * @param proxyOf tells the proxy that an address is asked for through, or null
 * @returns the answer, its body not yet read
 * @throws Error `code` or `reason` says why; aborted: the signal's reason
 */
export async function httpGet(
  address: string,
  signal: AbortSignal,
  proxyOf: ProxyOf,
): Promise<IncomingMessage> {
  let url = new URL(address);
  let authorization = authorizationIn(url);
  for (let followed = 0; followed <= mostRedirections; followed += 1) {
    const answer = await ask(url, { authorization, signal, proxy: proxyOf(url) });
    const { location } = answer.headers;
    if (location === undefined || !redirections.includes(answer.statusCode ?? 0)) return answer;
    answer.destroy();
    const next = redirected(url, location);
    authorization = authorizationIn(next) ?? (next.origin === url.origin ? authorization : null);
    url = next;
  }
  throw new Redirection(`redirected more than ${mostRedirections} times`);
}

/** Tells the proxy that an address is asked for through; null = none. */
export type ProxyOf = (url: URL) => HttpProxy | null;

/** A redirection that leads nowhere, and will not when it is asked again. */
export class Redirection extends Error {}

/** What went wrong on the way through a proxy. */
export class ProxyTrouble extends Error {
  /** Of the proxy's refusal, which asking again will not change; null = the connection failed. */
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
    throw new Redirection('redirected to what is no http:// or https:// address');
  // What TLS has kept from others on the way would be anybody's to read, and to change.
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw new Redirection('redirected from https:// to http://, which is not followed');
  return to;
}

function authorizationIn({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  const args = Buffer.from(`${percentDecoded(username)}:${percentDecoded(password)}`);
  return `Basic ${args.toString('base64')}`;
}

interface Asking {
  readonly authorization: string | null;
  readonly signal: AbortSignal;
  readonly proxy: HttpProxy | null;
}

async function ask(url: URL, { authorization, signal, proxy }: Asking): Promise<IncomingMessage> {
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
    let answer: IncomingMessage | null = null;
    request(plain, options, (found) => {
      answer = found;
      resolve(found);
    })
      .on('error', (error) => {
        // Its reader would only learn that the connection was closed. What is behind a whole body is not a part of it.
        if (answer?.complete === false) answer.destroy(error);
        const trouble = proxy === null ? error : new ProxyTrouble(proxy, error);
        reject(signal.aborted ? signal.reason : trouble);
      })
      // Nobody asked for another protocol (101). Without a listener, Node closes the connection and says nothing.
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
