import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fakeGcsPath, fakeGcsProgram } from '../stores/fake-gcs-program.ts';
import { atEnd } from './at-end.ts';
import type { Certificate } from './certificate.ts';
import { freePort } from './free-port.ts';
import { listens } from './listens.ts';
import { requireProgram } from './require.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** An object, as the server describes it. */
export interface GcsObject {
  readonly name: string;
  readonly size: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A server with the JSON API of Google Cloud Storage, with one bucket. It takes any token, and none. */
export interface GcsServer {
  readonly port: number;
  readonly endpoint: string;
  readonly bucket: string;
  /** For EMISSARY_RESULTS_URL. @param port of a front of it */
  url(path?: string, port?: number): string;
  /** All objects, in the order of their keys. */
  objects(): Promise<readonly GcsObject[]>;
  keys(): Promise<readonly string[]>;
  /** The bytes of one. */
  object(key: string): Promise<Buffer>;
  /** Makes one, marked as encoded in some way. */
  put(key: string, bytes: Buffer, encoding?: string): Promise<void>;
}

/** Starts one; null if it cannot be built here. */
export async function startGcs(
  t: TestContext,
  { certificate, ask = fetch }: { readonly certificate?: Certificate; readonly ask?: typeof fetch } = {},
): Promise<GcsServer | null> {
  if (!existsSync(await fakeGcsPath()) && !requireProgram(t, 'go')) return null;
  const program = await fakeGcsProgram();
  const port = await freePort();
  const scheme = certificate === undefined ? 'http' : 'https';
  const tls =
    certificate === undefined
      ? []
      : ['-cert-location', certificate.path, '-private-key-location', certificate.keyPath];
  const place = ['-filesystem-root', join(temporaryVolume(t), 'objects')];
  const server = spawn(
    program,
    ['-scheme', scheme, '-host', '127.0.0.1', '-port', String(port), '-log-level', 'error', ...place, ...tls],
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => server.once('close', resolve));
  atEnd(t, async () => {
    server.kill('SIGKILL');
    await ended;
  });
  await until('the Google server listens', () => listens(port));
  const found = serverAt(`${scheme}://127.0.0.1:${port}`, port, ask);
  const made = await ask(`${found.endpoint}/storage/v1/b?project=p`, {
    method: 'POST',
    body: JSON.stringify({ name: found.bucket }),
  });
  if (!made.ok) throw new Error(`no bucket: ${made.status}`);
  return found;
}

function serverAt(endpoint: string, port: number, ask: typeof fetch): GcsServer {
  const bucket = 'results';
  const objects = async () => {
    const found: GcsObject[] = [];
    for (let token: string | undefined = ''; token !== undefined; ) {
      const answer = await ask(`${endpoint}/storage/v1/b/${bucket}/o?pageToken=${encodeURIComponent(token)}`);
      const page = (await answer.json()) as { items?: GcsObject[]; nextPageToken?: string };
      found.push(...(page.items ?? []));
      token = page.nextPageToken || undefined;
    }
    return found;
  };
  return {
    port,
    endpoint,
    bucket,
    url: (path = '', at = port) =>
      `gs://${bucket}${path}?endpoint=${endpoint.replace(String(port), String(at))}`,
    objects,
    keys: async () => (await objects()).map(({ name }) => name),
    object: async (key) => {
      const path = `${endpoint}/storage/v1/b/${bucket}/o/${encodeURIComponent(key)}?alt=media`;
      return Buffer.from(await (await ask(path, { headers: { 'accept-encoding': 'gzip' } })).arrayBuffer());
    },
    put: async (key, bytes, encoding = '') => {
      const query = new URLSearchParams({ uploadType: 'media', name: key, contentEncoding: encoding });
      const path = `${endpoint}/upload/storage/v1/b/${bucket}/o?${query}`;
      const answer = await ask(path, { method: 'POST', body: new Uint8Array(bytes) });
      if (!answer.ok) throw new Error(`${key} is not put: ${answer.status}`);
    },
  };
}
