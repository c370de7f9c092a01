import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Fault, messageOf } from '../base/fault.ts';
import { liveLog } from './live-log.ts';
import { PageChanges } from './page-changes.ts';
import { livePage } from './page-html.ts';
import type { RunHere } from './run-here.ts';
import { SeenRun } from './seen-run.ts';

const loopback = '127.0.0.1';

/**
 * Serves the page of a run that goes on, to browsers of this machine that know its address: a part of it is random, since other
 * users of the machine can connect, too. Read only.
 *
 * @param port 0: any
 * @returns the address
 * @throws Fault `usage` if the port cannot be had
 */
export async function servePage(
  run: RunHere,
  {
    port,
    title,
    signal,
  }: { readonly port: number; readonly title: string | null; readonly signal: AbortSignal },
): Promise<string> {
  const secret = randomBytes(16).toString('hex');
  const { volume } = run;
  const changes = new PageChanges([volume.root, ...(run.spool === null ? [] : [run.spool.root])], signal);
  const seen = new SeenRun(run, title);
  const server = createServer((request, answer) => {
    const { host = '' } = request.headers;
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const [, first, ...rest] = path.split('/');
    // A name that leads here from elsewhere is none of ours: https://en.wikipedia.org/wiki/DNS_rebinding
    const isOurs =
      /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host) && first === secret && request.method === 'GET';
    if (!isOurs) return refuse(answer);
    respond(rest, new URLSearchParams(query), answer).catch(() => answer.destroy());
    return undefined;
  });
  const respond = async (path: readonly string[], query: URLSearchParams, answer: ServerResponse) => {
    if (path[0] === '') return send(answer, 'text/html; charset=utf-8', livePage());
    if (path[0] === 'events') {
      answer.writeHead(200, headers('text/event-stream'));
      return changes.tell(answer);
    }
    if (path[0] === 'log') {
      const log = liveLog(volume, path.slice(1), Number(query.get('from') ?? 0));
      if (log === null) return refuse(answer);
      answer.writeHead(200, headers('application/octet-stream'));
      return pipeline(log, answer);
    }
    if (path[0] !== 'model' || path.length > 1) return refuse(answer);
    const model = await seen.model();
    const lasts = model.verdict === 'running' || model.verdict === 'waiting';
    changes.watch(
      model.containers.map(({ name }) => name),
      lasts,
    );
    return send(answer, 'application/json', JSON.stringify(model));
  };
  server.listen(port, loopback);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Fault('usage', `Cannot listen on port ${port}: ${messageOf(cause)}`, { cause });
  }
  signal.addEventListener('abort', () => {
    server.close();
    server.closeAllConnections();
  });
  return `http://${loopback}:${(server.address() as AddressInfo).port}/${secret}/`;
}

function headers(type: string): Record<string, string> {
  return {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  };
}

function send(answer: ServerResponse, type: string, text: string): void {
  answer.writeHead(200, headers(type));
  answer.end(text);
}

function refuse(answer: ServerResponse): void {
  answer.writeHead(404, headers('text/plain'));
  answer.end();
}
