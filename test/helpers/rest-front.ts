import { createServer, type OutgoingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** The replacement for a response body, and headers besides its type. */
export interface Changed {
  readonly body: Buffer;
  readonly headers?: OutgoingHttpHeaders;
}

/** A server in front of the real one that changes its responses. @returns the address with its own port */
export async function restFront(
  t: TestContext,
  url: string,
  change: (body: Buffer) => Changed,
): Promise<string> {
  const server = createServer((incoming, response) => {
    const { method = 'GET', headers } = incoming;
    const passed = request(new URL(incoming.url ?? '', url), { method, headers }, async (answer) => {
      const pieces: Buffer[] = [];
      for await (const piece of answer) pieces.push(piece as Buffer);
      const changed = change(Buffer.concat(pieces));
      response
        .writeHead(answer.statusCode ?? 0, { 'Content-Type': 'application/json', ...changed.headers })
        .end(changed.body);
    });
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return url.replace(new URL(url).port, String((server.address() as AddressInfo).port));
}
