import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A database behind the stand-in server: MariaDB or SQLite. */
export interface RowStore {
  /** The job's row, or null. */
  read(id: number): Promise<Record<string, unknown> | null>;
  /** Sets columns of the row. @throws if the database rejects a value */
  update(id: number, columns: Readonly<Record<string, unknown>>): Promise<void>;
  version(appId: number): Promise<string | null>;
}

/** A way in which the server fails a request, or null to answer correctly. */
export type Trouble =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** 400 with a page, after the write was done. */
  | 'write-then-400'
  /** The write is done and the connection is cut before the response. */
  | 'write-then-cut'
  | 'cut'
  /** No response at all. */
  | 'silence';

/** A client's request. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>> | null;
}

/** MultiFlexi's REST server as found in the field, in its three variants. */
export interface RestServer {
  readonly url: string;
  readonly requests: readonly Request[];
  /** Failures of the next requests, in order. */
  readonly troubles: (Trouble | null)[];
  close(): Promise<void>;
}

export const restUser = 'reporter';
export const restPassword = 'rest-s3cret-Passw0rd';

const accepted = new Set(
  'app_id company_id runtemplate_id executor exitcode begin end schedule schedule_type launched_by app_version pid task_id env command'.split(
    ' ',
  ),
);

export async function startRestServer(
  variant: 'A' | 'B' | 'C',
  store: RowStore,
  tls?: { readonly key: string; readonly cert: string },
): Promise<RestServer> {
  const requests: Request[] = [];
  const troubles: (Trouble | null)[] = [];
  const respond = (request: IncomingMessage, response: ServerResponse) => {
    answer({ variant, store, requests, troubles }, request, response).catch((error: Error) =>
      page(response, 500, error.message),
    );
  };
  const server: Server = tls === undefined ? createServer(respond) : createSecureServer({ ...tls }, respond);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/api/VitexSoftware/MultiFlexi/1.0.0`,
    requests,
    troubles,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface State {
  readonly variant: 'A' | 'B' | 'C';
  readonly store: RowStore;
  readonly requests: Request[];
  readonly troubles: (Trouble | null)[];
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const body =
    pieces.length === 0 ? null : (JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>);
  const path = (request.url ?? '').replace('/api/VitexSoftware/MultiFlexi/1.0.0', '');
  state.requests.push({ method: request.method ?? '', path, body });
  const trouble = state.troubles.shift() ?? null;
  if (trouble === 'cut') return void request.socket.destroy();
  if (trouble === 'silence') return;
  if (trouble !== null && typeof trouble === 'object') {
    response.writeHead(trouble.status, { 'Content-Type': 'text/html', ...trouble.headers });
    return void response.end(trouble.body ?? '<html><body>trouble</body></html>');
  }
  const token = Buffer.from(`${restUser}:${restPassword}`).toString('base64');
  if (request.headers.authorization !== `Basic ${token}`)
    return unauthorized(state.variant, request, response);
  if (request.method === 'POST' && path === '/job/') return post(state, trouble, body, request, response);
  return get(state, path, response);
}

async function post(
  { variant, store }: State,
  trouble: Trouble | null,
  body: Record<string, unknown> | null,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (variant === 'B') return json(response, 501, { message: 'not implemented' });
  if (variant === 'C') return json(response, 400, { error: 'Missing runtemplate_id' });
  const id = Number(body?.['id']);
  if (body === null || !Number.isInteger(id)) return void response.writeHead(400).end();
  if ((await store.read(id)) === null) return void response.writeHead(404).end();
  const columns = Object.fromEntries(Object.entries(body).filter(([name]) => accepted.has(name)));
  if (Object.keys(columns).length > 0) await store.update(id, columns);
  if (trouble === 'write-then-cut') return void request.socket.destroy();
  if (trouble === 'write-then-400') return page(response, 400, 'Bad Request');
  const { command: _command, env: _env, ...row } = (await store.read(id)) ?? {};
  json(response, 200, row);
}

async function get({ store }: State, path: string, response: ServerResponse): Promise<void> {
  const job = /^\/job\/([0-9]+)\.json/.exec(path)?.[1];
  const app = /^\/app\/([0-9]+)\.json/.exec(path)?.[1];
  const row = job === undefined ? null : await store.read(Number(job));
  if (row !== null) return json(response, 200, { ...row, stdout: '', stderr: '', output_lines: [] });
  if (app !== undefined)
    return json(response, 200, { id: Number(app), version: await store.version(Number(app)) });
  response.writeHead(job === undefined ? 405 : 404).end();
}

function unauthorized(variant: 'A' | 'B' | 'C', request: IncomingMessage, response: ServerResponse): void {
  if (variant === 'C') {
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="Protected"' }).end();
    return;
  }
  const token = request.headers.authorization?.replace('Basic ', '') ?? '';
  json(response, 401, { message: 'Unauthorized', token, success: false });
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

function page(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/html' }).end(`<html><body>${text}</body></html>`);
}
