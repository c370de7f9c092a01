import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from '../at-end.ts';

const secret = 'of this machine';

/** Starts the service that gives tokens to a machine (App Service, 2019-08-01). @returns the variables that name it */
export async function startIdentity(
  t: TestContext,
  azure: { readonly token: string },
): Promise<Readonly<Record<string, string>>> {
  const server = createServer((request, response) => {
    const isKnown = request.headers['x-identity-header'] === secret;
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    const body = {
      access_token: azure.token,
      expires_on: String(Math.floor(Date.now() / 1000) + 3600),
      resource: searchParams.get('resource'),
      token_type: 'Bearer',
    };
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isKnown ? body : { error: 'unauthorized' }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/token`, IDENTITY_HEADER: secret };
}
