import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import type { ServerIdentity } from '../webhook/webhook-server.ts';

/** What a viewer gets: a page, or the status of a refusal. */
export type PageAnswer = AsyncIterable<string> | 401 | 403 | 404;

/** Finds a page. @param path parts of the address @param token of the viewer; null: there is none */
type FindPage = (path: readonly string[], token: string | null) => Promise<PageAnswer>;

/** Serves pages over HTTPS on every address of this machine, once it has a certificate. */
export class PageServer {
  readonly #server: Server;
  readonly #find: FindPage;
  #isListening = false;
  #working = 0;

  constructor(find: FindPage) {
    this.#find = find;
    this.#server = createServer((request, answer) => {
      this.#serve(request, answer).catch((error: unknown) => {
        log(`A page could not be made: ${messageOf(error)}`);
        if (answer.headersSent) answer.destroy();
        else refuse(answer, 503);
      });
    });
    // Whoever sends or takes nothing for a while does not keep a connection.
    this.#server.requestTimeout = limits.pageRequestMs;
    this.#server.setTimeout(limits.pageRequestMs);
  }

  /** From now on, new connections get this certificate; the first one opens the port. @throws Fault `engine` */
  async identify({ certificate, key }: ServerIdentity, port: number): Promise<void> {
    this.#server.setSecureContext({ cert: certificate, key });
    if (this.#isListening) return;
    this.#isListening = true;
    this.#server.listen(port);
    try {
      await once(this.#server, 'listening');
    } catch (cause) {
      throw new Fault('engine', `Cannot listen on port ${port}: ${messageOf(cause)}`, { cause });
    }
    log(`Pages are served on port ${port}`, 'info');
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    request.resume();
    if (request.method !== 'GET') return refuse(answer, 405);
    // Each page is in memory, with its log.
    if (this.#working >= limits.pagesAtOnce) return refuse(answer, 503);
    this.#working += 1;
    try {
      const [path = ''] = (request.url ?? '').split('?');
      const found = await this.#find(path.split('/').slice(1), tokenOf(request.headers.authorization));
      if (typeof found === 'number') return refuse(answer, found);
      answer.writeHead(200, { ...headers, 'content-type': 'text/html; charset=utf-8' });
      await pipeline(found, answer);
    } finally {
      this.#working -= 1;
    }
  }
}

const headers = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** The token of a program, or what a person has typed as the password: browsers ask for one by themselves. */
function tokenOf(authorization: string | undefined): string | null {
  const [, scheme = '', text = ''] = /^(Bearer|Basic) +(\S+) *$/i.exec(authorization ?? '') ?? [];
  if (scheme === '') return null;
  if (scheme.toLowerCase() === 'bearer') return text;
  const pair = Buffer.from(text, 'base64').toString();
  const token = pair.slice(pair.indexOf(':') + 1).trim();
  return token === '' ? null : token;
}

const texts: Readonly<Record<number, string>> = {
  401: 'A token of the cluster is needed: as a bearer token, or as the password; the user name does not matter.\n',
  403: 'This needs the right to get the EmissaryJob and the log of its pod (pods/log).\n',
  404: 'There is no such job.\n',
  405: 'Pages are only read.\n',
  503: 'Not now; try again.\n',
};

function refuse(answer: ServerResponse, status: number): void {
  answer.writeHead(status, {
    ...headers,
    'content-type': 'text/plain; charset=utf-8',
    ...(status === 401 && { 'www-authenticate': 'Basic realm="A token of the cluster", charset="UTF-8"' }),
    ...(status === 503 && { 'retry-after': '5' }),
  });
  answer.end(texts[status]);
}
