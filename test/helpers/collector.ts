import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** One request. */
export interface Received {
  readonly path: string;
  readonly type: string;
  readonly token: string;
  readonly body: Buffer;
}

/** An OTLP/HTTP receiver. */
export async function collector(
  t: TestContext,
  status = 200,
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { 'content-type': type = '', 'x-token': token = '' } = request.headers;
      received.push({ path: request.url ?? '', type, token: String(token), body: Buffer.concat(pieces) });
      response.writeHead(status, { 'Content-Type': type }).end(type.includes('json') ? '{}' : '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}
