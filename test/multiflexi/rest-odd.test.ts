import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { startReadyJob } from '../helpers/job.ts';
import { startWait } from '../helpers/reported-job.ts';
import { restFront } from '../helpers/rest-front.ts';
import { reportOverRest, restJob } from '../helpers/rest-job.ts';
import { until } from '../helpers/until.ts';

const foreign: Readonly<Record<string, string>> = {
  'a login page': '<html><body>Please log in</body></html>',
  'nothing at all': '',
  'JSON that is cut off': '{"id":7,"exitco',
  'the row of another job': '{"id":8,"exitcode":null}',
  'an empty list': '[]',
};
for (const [what, body] of Object.entries(foreign)) {
  test(`REST: a 200 with ${what} is no success`, async (t) => {
    const job = await restJob(
      t,
      'A',
      Array.from({ length: 20 }, () => ({ status: 200, body })),
    );
    const { status, stderr } = await reportOverRest(t, job);
    assert.equal(status, 64);
    assert.match(stderr, /answered without the row of job 7; check the path of MULTIFLEXI_API_URL\n/);
    assert.ok(job.server.requests.length <= 2);
    assert.equal(
      job.server.requests.find(({ body: sent }) => sent?.['exitcode'] !== undefined),
      undefined,
    );
  });
}

test('REST: a 200 that shows another exit code than the one that was sent is no success', async (t) => {
  const old = { status: 200, body: '{"id":7,"app_id":1,"begin":null,"end":null,"exitcode":null}' };
  const job = await restJob(
    t,
    'A',
    Array.from({ length: 20 }, () => old),
  );
  const { status, stderr } = await reportOverRest(t, job);
  assert.equal(status, 64);
  assert.match(stderr, /answered, but did not store job 7/);
});

for (const wanted of ['9999999', 'Fri, 31 Dec 9999 23:59:59 GMT']) {
  test(`REST: a 429 with Retry-After: ${wanted} does not lead to requests without a pause`, async (t) => {
    const trouble = { status: 429, headers: { 'Retry-After': wanted } };
    const job = await restJob(
      t,
      'A',
      Array.from({ length: 50 }, () => trouble),
    );
    const reporter = await startWait(t, { root: job.root, env: job.rest });
    const running = await startReadyJob(t, ['sh', '-c', 'echo ready; read go'], {
      root: job.root,
      stdin: 'pipe',
    });
    await until('it was refused', () => reporter.stderr().includes('asks for a later retry'));
    running.process.stdin?.end('go\n');
    const { status, stderr } = await reporter.finished;
    assert.equal(status, 64);
    assert.ok(!stderr.includes('Warning'), stderr);
    assert.ok(job.server.requests.length <= 3);
  });
}

/** Compresses responses unasked. */
async function packing(t: TestContext, url: string, pack: (body: Buffer) => Buffer, encoding: string) {
  const headers = encoding === '' ? {} : { 'Content-Encoding': encoding };
  return restFront(t, url, (body) => ({ body: pack(body), headers }));
}

const mark = Buffer.from('\uFEFF');
const packed: Readonly<Record<string, readonly [(body: Buffer) => Buffer, string]>> = {
  'a byte order mark': [(body) => Buffer.concat([mark, body]), ''],
  'gzip that nobody asked for': [gzipSync, 'gzip'],
  'gzip of a byte order mark': [(body) => gzipSync(Buffer.concat([mark, body])), 'GZip'],
  'deflate that nobody asked for': [deflateSync, 'deflate'],
  'deflate without a header': [deflateRawSync, 'deflate'],
  'brotli that nobody asked for': [brotliCompressSync, 'br'],
  'zstd that nobody asked for': [zstdCompressSync, 'zstd'],
  'two codings': [(body) => brotliCompressSync(gzipSync(body)), 'gzip, br'],
  'identity as a coding': [(body) => body, 'identity'],
};
for (const [what, [pack, encoding]] of Object.entries(packed)) {
  test(`REST: a response with ${what} is accepted as the row`, async (t) => {
    const job = await restJob(t);
    const url = await packing(t, job.server.url, pack, encoding);
    const { status, stderr } = await reportOverRest(t, job, { MULTIFLEXI_API_URL: url });
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual([job.row().exitcode, job.row().app_version], [4, '1.2.3']);
  });
}

const bombs: Readonly<Record<string, readonly [(body: Buffer) => Buffer, string]>> = {
  'that unpacks to 64 MiB': [() => gzipSync(Buffer.alloc(1 << 26)), 'gzip'],
  'that is not what its header says': [(body) => body.subarray(0, 20), 'gzip'],
  'packed nine times': [(body) => body, Array.from({ length: 9 }, () => 'gzip').join()],
};
for (const [what, [pack, encoding]] of Object.entries(bombs)) {
  test(`REST: a response ${what} is rejected`, async (t) => {
    const job = await restJob(t);
    const once = pack(Buffer.from('not the row of anything'));
    const url = await packing(t, job.server.url, () => once, encoding);
    const { status, stderr } = await reportOverRest(t, job, { MULTIFLEXI_API_URL: url });
    assert.equal(status, 64);
    assert.match(stderr, /answered without the row of job 7/);
  });
}

test('REST: wait does not hang on a 101 that nobody asked for', async (t) => {
  const job = await restJob(t);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 101 X\r\nUpgrade: y\r\nConnection: Upgrade\r\n\r\nabc'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { status, stderr } = await reportOverRest(t, job, { MULTIFLEXI_API_URL: url });
  assert.equal(status, 64);
  assert.match(stderr, /rejected the report \(101\); check MULTIFLEXI_API_URL\n/);
});
