import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startProxy } from '../helpers/http-proxy.ts';
import { inputs, served } from '../helpers/inputs.ts';
import { pod } from '../helpers/saved.ts';

const at = (url: string) => inputs({ name: 'in', path: '/in', http: { url } });

/** Starts a server that serves `content` and redirects from /elsewhere; returns its port. */
async function startServer(t: TestContext): Promise<string> {
  const host = await served(t, ({ url }, answer) => {
    if (url === '/elsewhere') answer.writeHead(302, { location: `http://other.example:${port}/file` });
    answer.end('content');
  });
  const port = host.split(':').at(-1) ?? '';
  return port;
}

test('init uses HTTP_PROXY for an http:// input and every redirection', async (t) => {
  const [port, proxy, its] = [await startServer(t), await startProxy(t, 'u:p'), pod(t)];
  const env = { HTTP_PROXY: `http://u:p@127.0.0.1:${proxy.port}` };
  const { status, stderr } = await its.init(at(`http://inputs.example:${port}/elsewhere`), { env });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(readFileSync(join(its.root, 'inputs/artifacts/in'), 'utf8'), 'content');
  assert.deepEqual(proxy.asked, [
    `GET http://inputs.example:${port}/elsewhere`,
    `GET http://other.example:${port}/file`,
  ]);
});

test('init uses HTTPS_PROXY to connect to an https:// input', async (t) => {
  const [proxy, its] = [await startProxy(t), pod(t)];
  const env = { HTTPS_PROXY: `127.0.0.1:${proxy.port}`, HTTP_PROXY: 'http://127.0.0.1:1' };
  const { status } = await its.init(at('https://inputs.example:1/file'), { env });
  assert.equal(status, 65);
  assert.equal(proxy.asked[0], 'CONNECT inputs.example:1');
});

test('init bypasses the proxy for NO_PROXY and this machine', async (t) => {
  const [port, proxy, its] = [await startServer(t), await startProxy(t), pod(t)];
  const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
  assert.equal((await its.init(at(`http://127.0.0.1:${port}/file`), { env })).status, 0);
  const except = { ...env, NO_PROXY: '.invalid' };
  assert.equal((await its.init(at(`http://none.invalid:${port}/file`), { env: except })).status, 65);
  assert.deepEqual(proxy.asked, []);
});

for (const [status, url, sentence] of [
  [
    407,
    'https://inputs.example/',
    /the proxy 127\.0\.0\.1:\d+ of HTTPS_PROXY refused the connection \(407\); set a user name/,
  ],
  [
    403,
    'https://inputs.example/',
    /the proxy 127\.0\.0\.1:\d+ of HTTPS_PROXY refused the connection \(403\)\n$/,
  ],
  [403, 'http://inputs.example/', /the server answered 403\n$/],
] as const) {
  test(`init names a proxy that refuses ${url} with ${status}, tries once, and hides its password`, async (t) => {
    const [proxy, its] = [await startProxy(t, null, status), pod(t)];
    const address = `http://u:s3cret@127.0.0.1:${proxy.port}`;
    const { stderr } = await its.init(at(url), { env: { HTTP_PROXY: address, HTTPS_PROXY: address } });
    assert.match(stderr, sentence);
    assert.doesNotMatch(stderr, /s3cret/);
    assert.equal(proxy.asked.length, 1);
  });
}

test('init names the variable of a proxy that is unreachable or invalid', async (t) => {
  const its = pod(t);
  const url = 'http://inputs.example/';
  const unreached = await its.init(at(url), { env: { http_proxy: 'http://u:s3cret@127.0.0.1:1' } });
  assert.match(unreached.stderr, /ECONNREFUSED.* \(through the proxy 127\.0\.0\.1:1 of http_proxy\)\n$/);
  const unfit = await its.init(at(url), { env: { HTTP_PROXY: 'socks5://u:s3cret@x' } });
  assert.match(unfit.stderr, /HTTP_PROXY is not the address of an HTTP proxy/);
  assert.doesNotMatch(unreached.stderr + unfit.stderr, /s3cret/);
});
