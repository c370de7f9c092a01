import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import { parse } from 'yaml';
import { apiAccess } from './api-client.ts';
import { atEnd } from './at-end.ts';
import { temporaryVolume } from './volume.ts';

/**
 * Starts a server before a cluster's API that knows less: it answers 404 for some paths, and forwards everything else, with the
 * credentials of the kubeconfig.
 *
 * @returns the kubeconfig of the front
 */
export async function startLackingApi(
  t: TestContext,
  kubeconfig: string,
  isUnknown: (path: string) => boolean,
): Promise<string> {
  const config = parse(readFileSync(kubeconfig, 'utf8'));
  const [{ cluster }] = config.clusters;
  const { server: own, credentials } = apiAccess(kubeconfig);
  const ask = ({ method = 'GET', url = '', headers }: IncomingMessage) =>
    request(new URL(url, own), { ...credentials, method, headers });
  const server = createServer((asked, answer) => {
    if (isUnknown(asked.url ?? '')) {
      answer.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
      return;
    }
    const forwarded = ask(asked)
      .on('response', (found) => {
        answer.writeHead(found.statusCode ?? 502, found.headers);
        found.pipe(answer);
      })
      .on('error', () => answer.destroy());
    asked.pipe(forwarded);
    answer.on('close', () => forwarded.destroy());
  });
  server.on('upgrade', (asked: IncomingMessage, socket: Duplex) => {
    const upgraded = (found: IncomingMessage, other: Socket) => {
      const headers = found.rawHeaders.map((text, index) => (index % 2 === 0 ? `\r\n${text}: ` : text));
      socket.write(`HTTP/1.1 101 Switching Protocols${headers.join('')}\r\n\r\n`);
      other.pipe(socket).pipe(other);
      other.on('error', () => socket.destroy());
    };
    socket.on('error', () => undefined);
    ask(asked)
      .on('upgrade', upgraded)
      .on('error', () => socket.destroy())
      .end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  cluster.server = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cluster['insecure-skip-tls-verify'] = true;
  delete cluster['certificate-authority-data'];
  config.users = [{ name: config.users[0].name, user: {} }];
  const file = join(temporaryVolume(t), 'kubeconfig');
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
