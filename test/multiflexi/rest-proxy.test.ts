import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { makeCertificate } from '../helpers/certificate.ts';
import { emissary } from '../helpers/emissary.ts';
import { startProxy } from '../helpers/http-proxy.ts';
import { runJob } from '../helpers/job.ts';
import { reportOverRest, restJob } from '../helpers/rest-job.ts';
import { startRestServer } from '../helpers/rest-server.ts';
import { sqliteRows } from '../helpers/row-store.ts';

/** A job whose server is known only to the proxy, by a name that nobody else can resolve. */
async function distantJob(t: TestContext) {
  const job = await restJob(t);
  const certificate = makeCertificate(t, 'DNS:multiflexi.invalid');
  const server = await startRestServer('A', sqliteRows(job.database), certificate);
  t.after(() => server.close());
  const url = server.url.replace('127.0.0.1', 'multiflexi.invalid');
  const env = {
    MULTIFLEXI_API_URL: url,
    MULTIFLEXI_API_CA_FILE: certificate.path,
    EMISSARY_REPORT_SECONDS: '5',
  };
  return { job, server, env, host: new URL(url).host };
}

test('REST goes through the proxy of HTTPS_PROXY, with its user name and password', async (t) => {
  const { job, env, host } = await distantJob(t);
  const proxy = await startProxy(t, 'us er:s3cret@proxy');
  const address = `http://us%20er:s3cret%40proxy@127.0.0.1:${proxy.port}`;
  const { status, stderr } = await reportOverRest(t, job, { ...env, HTTPS_PROXY: address });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(job.row().exitcode, 4);
  assert.deepEqual([...new Set(proxy.asked)], [`CONNECT ${host}`]);
});

test('REST: hosts in NO_PROXY, and this machine, are reached directly', async (t) => {
  const { job, env } = await distantJob(t);
  const proxy = await startProxy(t);
  const variables = { https_proxy: `127.0.0.1:${proxy.port}`, http_proxy: `127.0.0.1:${proxy.port}` };
  const direct = await reportOverRest(t, job, { ...env, ...variables, NO_PROXY: '.invalid' });
  assert.equal(direct.status, 64);
  assert.match(direct.stderr, /Cannot reach the REST server multiflexi\.invalid:\d+: (ENOTFOUND|EAI_AGAIN)/);
  const local = await emissary(['report'], { root: job.root, env: { ...job.rest, ...variables } });
  assert.deepEqual([local.status, local.stderr], [0, '']);
  assert.deepEqual(proxy.asked, []);
});

const refusals: readonly (readonly [number, RegExp])[] = [
  [
    407,
    /the proxy 127\.0\.0\.1:\d+ of HTTPS_PROXY refused the connection \(407\); set a user name and a password in HTTPS_PROXY\n/,
  ],
  [403, /the proxy 127\.0\.0\.1:\d+ of HTTPS_PROXY refused the connection \(403\)\n/],
  [503, /the proxy 127\.0\.0\.1:\d+ of HTTPS_PROXY refused the connection \(503\); retrying\n/],
];
for (const [refusal, sentence] of refusals) {
  test(`REST: a proxy that refuses with ${refusal} is named, its password is not shown`, async (t) => {
    const { job, env } = await distantJob(t);
    const proxy = await startProxy(t, null, refusal);
    const address = `http://user:proxy-s3cret@127.0.0.1:${proxy.port}`;
    const { status, stderr } = await reportOverRest(t, job, { ...env, HTTPS_PROXY: address });
    assert.equal(status, 64);
    assert.match(stderr, sentence);
    assert.ok(!stderr.includes('proxy-s3cret'), stderr);
    if (refusal < 500) assert.ok(proxy.asked.length <= 2);
  });
}

test('REST: a proxy that is missing, or silent, is named; the limit of the report is kept', async (t) => {
  const { job, env } = await distantJob(t);
  const silent = createServer((socket) => void socket.on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const found = await reportOverRest(t, job, { ...env, HTTPS_PROXY: `http://u:s3cret-p@127.0.0.1:${port}` });
  assert.equal(found.status, 64);
  const gone = await emissary(['report'], {
    root: job.root,
    env: { ...job.rest, ...env, HTTPS_PROXY: 'http://u:s3cret-p@127.0.0.1:1' },
  });
  assert.match(
    gone.stderr,
    /Cannot reach the REST server [^ ]+: ECONNREFUSED \(through the proxy 127\.0\.0\.1:1 of HTTPS_PROXY\)/,
  );
  assert.ok(!`${found.stderr}${gone.stderr}`.includes('s3cret-p'));
});

test('REST: a proxy of another kind is rejected, its address is not shown', async (t) => {
  const { job, env } = await distantJob(t);
  const { status, stderr } = await reportOverRest(t, job, { ...env, HTTPS_PROXY: 'socks5://u:s3cret-p@h:1' });
  assert.equal(status, 64);
  assert.equal(stderr, 'emissary: HTTPS_PROXY is not the address of an HTTP proxy (http://host:port)\n');
});

test('OpenTelemetry goes through the proxy too', async (t) => {
  const job = await restJob(t);
  const proxy = await startProxy(t, 'user:s3cret');
  const paths: (string | undefined)[] = [];
  const collector = createHttpServer((request, response) => {
    paths.push(request.url);
    request.resume().on('end', () => response.end());
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  t.after(() => collector.close());
  const { port } = collector.address() as AddressInfo;
  const variables = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://collector.invalid:${port}`,
    HTTP_PROXY: `http://user:s3cret@127.0.0.1:${proxy.port}`,
  };
  await runJob(t, ['true'], { root: job.root });
  const { status, stderr } = await emissary(['wait'], { root: job.root, env: { ...job.env, ...variables } });
  assert.deepEqual([status, stderr], [0, '']);
  const sent = ['/v1/metrics', '/v1/traces'];
  assert.deepEqual(paths, sent);
  assert.deepEqual(
    proxy.asked,
    sent.map((path) => `POST http://collector.invalid:${port}${path}`),
  );
});
