import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fakeGcsPath, fakeGcsProgram } from '../stores/fake-gcs-program.ts';
import { atEnd } from './at-end.ts';
import { freePort } from './free-port.ts';
import { listens } from './listens.ts';
import { requireProgram } from './require.ts';
import { until } from './until.ts';

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
export async function startGcs(t: TestContext): Promise<GcsServer | null> {
  if (!existsSync(await fakeGcsPath()) && !requireProgram(t, 'go')) return null;
  const program = await fakeGcsProgram();
  const port = await freePort();
  const options = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-log-level', 'error'];
  // On a disk, it flushes each composition: with a busy one, that takes longer than a store may be silent.
  const server = spawn(program, [...options, '-backend', 'memory'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('close', resolve));
  atEnd(t, async () => {
    server.kill('SIGKILL');
    await ended;
  });
  await until('the Google server listens', () => listens(port));
  const found = serverAt(port);
  const bucket = JSON.stringify({ name: found.bucket });
  const made = await fetch(`${found.endpoint}/storage/v1/b?project=p`, { method: 'POST', body: bucket });
  if (!made.ok) throw new Error(`no bucket: ${made.status}`);
  return found;
}

function serverAt(port: number): GcsServer {
  const endpoint = `http://127.0.0.1:${port}`;
  const bucket = 'results';
  const objects = async () => {
    const found: GcsObject[] = [];
    for (let token: string | undefined = ''; token !== undefined; ) {
      const answer = await fetch(
        `${endpoint}/storage/v1/b/${bucket}/o?pageToken=${encodeURIComponent(token)}`,
      );
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
    url: (path = '', at = port) => `gs://${bucket}${path}?endpoint=http://127.0.0.1:${at}`,
    objects,
    keys: async () => (await objects()).map(({ name }) => name),
    object: async (key) => {
      const path = `${endpoint}/storage/v1/b/${bucket}/o/${encodeURIComponent(key)}?alt=media`;
      return Buffer.from(await (await fetch(path, { headers: { 'accept-encoding': 'gzip' } })).arrayBuffer());
    },
    put: async (key, bytes, encoding = '') => {
      const query = new URLSearchParams({ uploadType: 'media', name: key, contentEncoding: encoding });
      const path = `${endpoint}/upload/storage/v1/b/${bucket}/o?${query}`;
      const answer = await fetch(path, { method: 'POST', body: new Uint8Array(bytes) });
      if (!answer.ok) throw new Error(`${key} is not put: ${answer.status}`);
    },
  };
}
