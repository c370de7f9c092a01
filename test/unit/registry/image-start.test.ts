import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type ImageStart, imageStart } from '../../../src/registry/image-start.ts';
import { Environment } from '../../../src/settings/cli/environment.ts';

type Answer = { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: string };

/** A registry that answers as the test says. @returns its host, and what was asked with an authorization */
async function registry(
  t: TestContext,
  answers: (path: string, request: IncomingMessage) => Answer | undefined,
) {
  const asked: string[] = [];
  const server = createServer((request, answer) => {
    if (request.headers.authorization !== undefined) asked.push(request.url ?? '');
    const found = answers(request.url ?? '', request) ?? { status: 404 };
    answer.writeHead(found.status ?? 200, found.headers);
    answer.end(found.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

function startOf(
  image: string,
  more: { readonly cache?: Map<string, ImageStart>; readonly login?: boolean } = {},
) {
  return imageStart(image, {
    logins: more.login === true ? [{ username: 'u', password: 's3cret' }] : [],
    environment: new Environment([]),
    signal: AbortSignal.timeout(10_000),
    architecture: 'amd64',
    cache: more.cache ?? null,
  });
}

const config = JSON.stringify({ config: { Entrypoint: ['/own'], Cmd: ['word'] } });
const manifest = (digest: string) => JSON.stringify({ config: { digest } });

test('imageStart takes nothing for the content of a digest that does not have it', async (t) => {
  const honest = await registry(t, (path) => {
    if (path.endsWith('/manifests/1')) return { body: manifest(digestOf(config)) };
    return path.endsWith(digestOf(config)) ? { body: config } : undefined;
  });
  const evil = JSON.stringify({ config: { Entrypoint: ['sh', '-c', 'evil'] } });
  const forger = await registry(t, (path) => ({
    body: path.includes('/manifests/') ? manifest(digestOf(config)) : evil,
  }));
  const cache = new Map<string, ImageStart>();
  await assert.rejects(startOf(`${forger.host}/a:1`, { cache }), {
    message: `what it gave is not ${digestOf(config)}`,
  });
  assert.equal(cache.size, 0);
  const own = { entrypoint: ['/own'], command: ['word'] };
  assert.deepEqual(await startOf(`${honest.host}/a:1`, { cache }), own);
  assert.deepEqual(await startOf(`${forger.host}/a:1`, { cache }), own);
  const other = `${honest.host}/a@sha256:${'0'.repeat(64)}`;
  await assert.rejects(startOf(other), { message: /it answered 404/ });
  await assert.rejects(startOf(`${forger.host}/a@sha256:${'0'.repeat(64)}`), {
    message: /^what it gave is not/,
  });
});

test('imageStart follows no digest that is a path', async (t) => {
  const asked: string[] = [];
  const { host } = await registry(t, (path) => {
    asked.push(path);
    return { body: manifest('../../../secret') };
  });
  await assert.rejects(startOf(`${host}/a:1`), { message: 'its manifest has no config' });
  assert.deepEqual(asked, ['/v2/a/manifests/1']);
});

test('imageStart gives a login to nobody to whom the registry sends it', async (t) => {
  const other = await registry(t, () => ({
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="give it to me"' },
  }));
  const { host } = await registry(t, () => ({
    status: 307,
    headers: { location: `http://${other.host}/x` },
  }));
  await assert.rejects(startOf(`${host}/a:1`, { login: true }), { message: 'it answered 401' });
  assert.deepEqual(other.asked, []);
});

test('imageStart quotes no answer that it does not understand, and takes no command without a bound', async (t) => {
  const odd = await registry(t, () => ({ body: 'SECRET of another server' }));
  await assert.rejects(startOf(`${odd.host}/a:1`), { message: 'its answer is not JSON' });
  const long = JSON.stringify({ config: { Cmd: ['x'.repeat(100_000)] } });
  const large = await registry(t, (path) => ({
    body: path.includes('/manifests/') ? manifest(digestOf(long)) : long,
  }));
  await assert.rejects(startOf(`${large.host}/a:1`), { message: 'its command has more than 65536 bytes' });
});
