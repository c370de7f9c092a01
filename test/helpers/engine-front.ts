import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { atEnd } from './at-end.ts';
import type { Engine } from './engine.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** One request to an engine's API. */
export interface Asked {
  readonly method: string;
  /** With its query, without the API's version. */
  readonly path: string;
  /** The API's version, such as `1.41`; null: none. */
  readonly version: string | null;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Answers with JSON, or with this text as it is. */
  answer(status: number, body: object | string): void;
  /**
   * Lets the engine answer; resolves when it has.
   *
   * @param path another one, with its version
   */
  pass(path?: string): Promise<void>;
  /** The engine gets the request, and its answer is lost. */
  passSilently(): Promise<void>;
  /** The response: for what `answer` cannot do. */
  readonly response: ServerResponse;
}

/** A server before an engine, or in its stead. */
export interface EngineFront {
  /** What a launch needs to use it. */
  readonly env: Readonly<Record<string, string>>;
  /** `METHOD /path` of all requests. */
  readonly asked: readonly string[];
  /** Ends all connections. */
  cut(): void;
}

/**
 * Starts a server with Docker's API on a socket of its own, before a real engine.
 *
 * @param engine null: there is none, and nothing can be passed
 * @param behave what happens to each request
 */
export async function engineFront(
  t: TestContext,
  engine: Engine | null,
  behave: (asked: Asked) => unknown = (asked) => asked.pass(),
): Promise<EngineFront> {
  const socket = engine === null ? null : await socketOf(t, engine);
  const path = join(temporaryVolume(t), 'socket');
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    void readBody(incoming).then((body) => {
      const one = askedOf(incoming, response, body, socket);
      asked.push(`${one.method} ${one.path}`);
      behave(one);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const cut = () => server.closeAllConnections();
  atEnd(t, () => {
    server.close();
    cut();
  });
  const variable = engine?.name === 'podman' ? 'CONTAINER_HOST' : 'DOCKER_HOST';
  return { env: { [variable]: `unix://${path}` }, asked, cut };
}

/** The socket of an engine's API; podman gets a service that ends with the test. */
export async function socketOf(t: TestContext, engine: Engine): Promise<string> {
  if (engine.name === 'docker')
    return (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace('unix://', '');
  return (await podmanService(t, engine, join(temporaryVolume(t), 'podman.sock'))).socket;
}

/** Starts podman's API on a socket. */
export async function podmanService(t: TestContext, engine: Engine, socket: string) {
  const args = ['system', 'service', '--time', '0', `unix://${socket}`];
  const service = execa('podman', args, { env: engine.env, reject: false, stdio: 'ignore' });
  atEnd(t, async () => {
    service.kill('SIGTERM');
    await service;
  });
  await until('podman’s service answers', () => ping(socket));
  return { socket, service };
}

function ping(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    request({ socketPath, path: '/_ping' }, (response) => resolve(response.resume().statusCode === 200))
      .on('error', () => resolve(false))
      .end();
  });
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

function askedOf(
  incoming: IncomingMessage,
  response: ServerResponse,
  body: string,
  socket: string | null,
): Asked {
  const { method = '', url = '', headers } = incoming;
  const [, version = null, path = ''] = /^(?:\/v([\d.]+))?(\/.*)$/.exec(url) ?? [];
  const forward = (to: string, take: (answer: IncomingMessage) => void) =>
    new Promise<void>((resolve) => {
      if (socket === null) throw new Error(`no engine can answer ${method} ${url}`);
      const passed = request({ socketPath: socket, path: to, method, headers }, (answer) => {
        take(answer);
        answer.on('close', resolve);
      });
      passed.on('error', () => {
        response.destroy();
        resolve();
      });
      response.on('close', () => passed.destroy());
      passed.end(body);
    });
  return {
    method,
    path,
    version,
    headers,
    body,
    response,
    answer: (status, value) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
    },
    pass: (to = url) =>
      forward(to, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        response.flushHeaders();
        answer.pipe(response);
      }),
    passSilently: () => forward(url, (answer) => answer.resume()),
  };
}
