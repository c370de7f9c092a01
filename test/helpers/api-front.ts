import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { connect } from 'node:tls';
import { parse } from 'yaml';
import { atEnd } from './at-end.ts';
import { temporaryVolume } from './volume.ts';

/** A request of a client of the front, and what the test answers in the server's place. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly isWatch: boolean;
}

/** What a test does to the API server's answers. */
export interface Interference {
  /** Answers in the server's place; null: the server answers. */
  answer?(asked: Asked): { readonly status: number; readonly body: object } | null;
  /** Whether the server gets a request, and its client no answer. */
  loses?(asked: Asked): boolean;
  /** Changes a line of a watch; it comes when the promise resolves. Null: it never comes. */
  event?(line: WatchLine): Promise<WatchLine | null>;
  /** Whether an object is in a list or a watch. */
  has?(object: WatchLine['object']): boolean;
}

/** An event of a watch. */
export interface WatchLine {
  readonly type: string;
  readonly object: {
    readonly kind?: string;
    readonly metadata: { readonly namespace?: string; readonly name?: string };
  };
}

/** An API server in front of the cluster's, whose answers a test can change at any time. */
export interface ApiFront {
  readonly kubeconfig: string;
  /** All requests that have come, oldest first. */
  readonly asked: Asked[];
  interference: Interference;
}

/** Starts one. Its client is the user of the kubeconfig, whoever asks. */
export async function startApiFront(t: TestContext, kubeconfig: string): Promise<ApiFront> {
  const config = parse(readFileSync(kubeconfig, 'utf8'));
  const [{ cluster: own }] = config.clusters;
  const [{ user }] = config.users;
  const upstream = {
    base: own.server as string,
    ca: Buffer.from(own['certificate-authority-data'], 'base64'),
    headers: user.token === undefined ? {} : { authorization: `Bearer ${user.token}` },
    ...(user.token === undefined && {
      cert: Buffer.from(user['client-certificate-data'], 'base64'),
      key: Buffer.from(user['client-key-data'], 'base64'),
    }),
  };
  const front = { asked: [] as Asked[], interference: {} as Interference };
  const server = createServer((incoming, answer) => {
    const path = incoming.url ?? '';
    const asked = { method: incoming.method ?? '', path, isWatch: path.includes('watch=true') };
    front.asked.push(asked);
    const given = front.interference.answer?.(asked) ?? null;
    if (given === null) return forward(upstream, incoming, answer, asked, front);
    answer.writeHead(given.status, { 'content-type': 'application/json' }).end(JSON.stringify(given.body));
  });
  server.on('upgrade', (incoming, socket: Socket) => {
    const path = incoming.url ?? '';
    const asked = { method: incoming.method ?? '', path, isWatch: false };
    front.asked.push(asked);
    const given = front.interference.answer?.(asked) ?? null;
    if (given === null) return forwardStream(upstream, incoming, socket);
    const body = JSON.stringify(given.body);
    const head = ['content-type: application/json', `content-length: ${body.length}`, 'connection: close'];
    socket.end(`HTTP/1.1 ${given.status} No\r\n${head.join('\r\n')}\r\n\r\n${body}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(t, async () => {
    server.close();
    server.closeAllConnections();
  });
  delete own['certificate-authority-data'];
  // The client library speaks plain HTTP only then.
  own['insecure-skip-tls-verify'] = true;
  own.server = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  config.users[0].user = {};
  const file = join(temporaryVolume(t), 'kubeconfig');
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return Object.assign(front, { kubeconfig: file });
}

interface Upstream {
  readonly base: string;
  readonly ca: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

function forward(
  { base, headers: own, ...tls }: Upstream,
  incoming: IncomingMessage,
  answer: ServerResponse,
  { method, path, isWatch }: Asked,
  front: Pick<ApiFront, 'interference'>,
): void {
  const isLost = front.interference.loses?.({ method, path, isWatch }) === true;
  const { host: _, connection: __, ...headers } = incoming.headers;
  const options = { ...tls, method, headers: { ...headers, ...own } };
  const sent = request(new URL(base + path), options, (found) => {
    found.on('error', () => answer.destroy());
    if (isLost) {
      answer.destroy();
      return;
    }
    answer.writeHead(found.statusCode ?? 500, { 'content-type': 'application/json' });
    const pass = isWatch ? passEvents : passList;
    if (found.statusCode === 200 && method === 'GET')
      pass(found, answer, front).catch(() => answer.destroy());
    else found.pipe(answer);
  });
  sent.on('error', () => answer.destroy());
  answer.on('close', () => sent.destroy());
  incoming.pipe(sent);
}

/** Forwards what becomes a WebSocket, such as a command in a container. */
function forwardStream(
  { base, headers: own, ...tls }: Upstream,
  incoming: IncomingMessage,
  socket: Socket,
): void {
  const { hostname, port, host } = new URL(base);
  const sent = connect({ ...tls, host: hostname, port: Number(port) }, () => {
    const lines = Object.entries({ ...incoming.headers, ...own, host }).map((pair) => pair.join(': '));
    sent.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    socket.pipe(sent).pipe(socket);
  });
  for (const [one, other] of [
    [sent, socket],
    [socket, sent],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}

async function passEvents(
  found: IncomingMessage,
  answer: ServerResponse,
  front: Pick<ApiFront, 'interference'>,
): Promise<void> {
  let last = Promise.resolve();
  for await (const text of createInterface({ input: found })) {
    const line = JSON.parse(text) as WatchLine;
    const { interference } = front;
    if (line.type !== 'BOOKMARK' && interference.has?.(line.object) === false) continue;
    const changed = interference.event?.(line) ?? Promise.resolve(line);
    // In order, as a server sends them.
    last = last.then(async () => {
      const event = await changed;
      if (event !== null) answer.write(`${JSON.stringify(event)}\n`);
    });
  }
  await last;
  answer.end();
}

async function passList(
  found: IncomingMessage,
  answer: ServerResponse,
  { interference }: Pick<ApiFront, 'interference'>,
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of found) pieces.push(piece as Buffer);
  const body = JSON.parse(Buffer.concat(pieces).toString());
  if (Array.isArray(body.items) && interference.has !== undefined)
    body.items = body.items.filter((each: WatchLine['object']) => interference.has?.(each));
  answer.end(JSON.stringify(body));
}
