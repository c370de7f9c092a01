import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { TestContext } from 'node:test';

/** A proxy as companies use it. It resolves every host to this machine. */
export interface TestProxy {
  readonly port: number;
  /** `CONNECT host:port`, or the method and address of a plain request. */
  readonly asked: readonly string[];
}

/** @param credentials `name:password` that it requires; null: none. @param status that it refuses everything with */
export async function startProxy(
  t: TestContext,
  credentials: string | null = null,
  status: number | null = null,
): Promise<TestProxy> {
  const asked: string[] = [];
  const wanted = credentials === null ? null : `Basic ${Buffer.from(credentials).toString('base64')}`;
  const refusal = ({ headers }: IncomingMessage) =>
    status ?? (wanted === null || headers['proxy-authorization'] === wanted ? null : 407);
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const refused = refusal(incoming);
    if (refused !== null) return void response.writeHead(refused).end();
    const { port, pathname, search } = new URL(incoming.url ?? '');
    const { method = 'GET', headers } = incoming;
    const passed = request(
      { host: '127.0.0.1', port, path: pathname + search, method, headers },
      (answer) => void answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers)),
    );
    incoming.pipe(passed);
  });
  server.on('connect', (incoming: IncomingMessage, client) => {
    asked.push(`CONNECT ${incoming.url}`);
    client.on('error', () => undefined);
    const refused = refusal(incoming);
    if (refused !== null) return void client.end(`HTTP/1.1 ${refused} No\r\n\r\n`);
    const upstream = connect(Number(incoming.url?.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, asked };
}
