import type { IncomingMessage, RequestOptions } from 'node:http';
import { unescape as percentDecoded } from 'node:querystring';

/** Redirections that are followed, as browsers do. */
const mostRedirections = 20;
const redirections: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Asks for a file over HTTP or HTTPS, and follows redirections. Not by `fetch`, which unpacks a body whose server says
 * that it is compressed, as many say of a `.tgz`: the file is what is kept there, and of that the checksum is known.
 *
 * @param address a user and a password in it are sent to its own server only
 * @returns the answer, its body not yet read
 * @throws Error `code` or `reason` says why; aborted: the signal's reason
 */
export async function httpGet(address: string, signal: AbortSignal): Promise<IncomingMessage> {
  let url = new URL(address);
  let authorization = authorizationIn(url);
  for (let followed = 0; followed <= mostRedirections; followed += 1) {
    const answer = await ask(url, authorization, signal);
    const { location } = answer.headers;
    if (location === undefined || !redirections.includes(answer.statusCode ?? 0)) return answer;
    answer.destroy();
    const next = URL.canParse(location, url) ? new URL(location, url) : null;
    if (next === null || !/^https?:$/.test(next.protocol))
      throw new Redirection('redirected to what is no http:// or https:// address');
    authorization = authorizationIn(next) ?? (next.origin === url.origin ? authorization : null);
    url = next;
  }
  throw new Redirection(`redirected more than ${mostRedirections} times`);
}

/** A redirection that leads nowhere, and will not when it is asked again. */
export class Redirection extends Error {}

function authorizationIn({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  const words = Buffer.from(`${percentDecoded(username)}:${percentDecoded(password)}`);
  return `Basic ${words.toString('base64')}`;
}

async function ask(url: URL, authorization: string | null, signal: AbortSignal): Promise<IncomingMessage> {
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const options: RequestOptions = {
    agent: false,
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
        reject(signal.aborted ? signal.reason : error);
      })
      // Nobody asked for another protocol (101). Without a listener, Node closes the connection and says nothing.
      .on('upgrade', (found, socket) => {
        socket.destroy();
        resolve(found);
      })
      .end();
  });
}
