import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from '../at-end.ts';
import { makeCertificate } from '../certificate.ts';
import type { Engine } from '../engine.ts';
import { temporaryVolume } from '../volume.ts';
import { Azure } from './azure.ts';
import type { Call } from './call.ts';
import { startIdentity } from './identity.ts';
import { answerTo } from './routes.ts';

/** A running stand-in. */
export interface RunningAzure {
  readonly azure: Azure;
  /** The environment of a launcher that knows it, with the identity of its machine. */
  readonly env: Readonly<Record<string, string>>;
  /** The same without credentials. */
  readonly place: Readonly<Record<string, string>>;
}

/** Starts a stand-in whose groups go with the test. */
export async function startAzure(t: TestContext, engine: Engine): Promise<RunningAzure> {
  const azure = new Azure(engine, temporaryVolume(t));
  const certificate = makeCertificate(t, 'IP:127.0.0.1');
  const server = createServer({ key: certificate.key, cert: certificate.cert });
  serve(server, azure);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  azure.origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const identity = await startIdentity(t, azure);
  atEnd(t, async () => {
    azure.terminals.cut();
    server.closeAllConnections();
    server.close();
    for (const group of azure.groups.values()) await group.remove();
  });
  const place = {
    AZURE_SUBSCRIPTION_ID: azure.subscription,
    AZURE_RESOURCE_GROUP: azure.resourceGroup,
    EMISSARY_AZURE_ENDPOINT: azure.origin,
    EMISSARY_AZURE_CA_FILE: certificate.path,
  };
  return { azure, place, env: { ...place, ...identity } };
}

function serve(server: Server, azure: Azure): void {
  server.on('request', (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', async () => {
      const url = new URL(request.url ?? '', azure.origin);
      const { method = 'GET', headers } = request;
      azure.asked.push(`${method} ${url.pathname}`);
      const call: Call = { method, url, headers, text: Buffer.concat(pieces).toString() };
      const own = (await azure.faults.before(call)) ?? (await answerTo(azure, call));
      const reply = azure.faults.after(call, own);
      if (reply === 'cut') {
        response.destroy();
        return;
      }
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
      response.end(reply.body === undefined ? '' : JSON.stringify(reply.body));
    });
  });
  server.on('upgrade', (request, socket, head) => azure.terminals.upgrade(request, socket, head));
}
