import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Fault, messageOf } from '../base/fault.ts';

/** What is told to whoever asks, by path: a text, or null for "not yet" (503). */
export type Probes = Readonly<Record<string, () => string | null>>;

/** Answers probes and scrapes of metrics, on every address of this machine. @throws Fault `engine` if it cannot */
export async function startProbes(port: number, probes: Probes): Promise<Server> {
  const server = createServer(({ method, url = '' }, answer) => {
    const probe = probes[url.split('?')[0] ?? ''];
    const text = probe?.() ?? null;
    const status = probe === undefined || method !== 'GET' ? 404 : text === null ? 503 : 200;
    answer.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    answer.end(status === 200 ? text : '');
  });
  // Whoever does not send a request in time does not keep a connection.
  server.requestTimeout = 10_000;
  server.listen(port);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Fault('engine', `Cannot listen on port ${port}: ${messageOf(cause)}`, { cause });
  }
  return server;
}
