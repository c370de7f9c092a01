import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { served } from '../helpers/inputs.ts';
import { pod } from '../helpers/saved.ts';

const bytes = randomBytes(200_000);
const md5 = createHash('md5').update(bytes).digest();
const sha256 = createHash('sha256').update(bytes).digest('base64');

/** Status, and headers, of an answer to PUT or HEAD. @param puts how many PUTs there were, this one included */
type Answer = (puts: number) => readonly [number, OutgoingHttpHeaders?];

/** A server, and a job whose artifact of 200,000 bytes goes there. @returns how `wait` ended, and the requests' methods */
async function report(
  t: TestContext,
  { put = () => [201], head }: { readonly put?: Answer; readonly head: Answer },
  env: Readonly<Record<string, string>> = {},
) {
  const its = pod(t);
  const asked: string[] = [];
  const puts = () => asked.filter((method) => method === 'PUT').length;
  const host = await served(t, async (request, answer) => {
    asked.push(String(request.method));
    await whole(request);
    answer.writeHead(...(request.method === 'PUT' ? put(puts()) : head(puts()))).end();
  });
  const http = { url: `http://${host}/out?token=hidden` };
  const template = {
    outputs: { artifacts: [{ name: 'out', path: join(its.work, 'out'), archive: { none: {} }, http }] },
  };
  assert.equal((await its.init(template)).status, 0);
  writeFileSync(join(its.work, 'out'), bytes);
  await its.run('true');
  const own = { EMISSARY_TEMPLATE: JSON.stringify(template), EMISSARY_REPORT_SECONDS: '60' };
  const { status, stderr } = await emissary(['wait'], { root: its.root, env: { ...own, ...env } });
  assert.doesNotMatch(stderr, /hidden/);
  return { status, stderr, asked };
}

async function whole(request: IncomingMessage): Promise<void> {
  for await (const _ of request);
}

const has = (length: number, headers: OutgoingHttpHeaders = {}) =>
  [200, { 'content-length': length, ...headers }] as const;

const failures: readonly (readonly [string, Answer, RegExp])[] = [
  ['fewer bytes', () => has(bytes.length - 1), /has 199999 bytes of 200000; if it is not meant to tell/],
  ['nothing', () => [404], /took the file, but does not have it \(404\)/],
  [
    'other bytes of the same length',
    () => has(bytes.length, { 'content-md5': Buffer.alloc(16).toString('base64') }),
    /took the file, but has other bytes/,
  ],
  [
    'another SHA-256',
    () => has(bytes.length, { 'repr-digest': `sha-256=:${Buffer.alloc(32).toString('base64')}:` }),
    /took the file, but has other bytes/,
  ],
];

for (const [title, head, sentence] of failures)
  test(`wait does not count an artifact as stored when the server then has ${title}`, async (t) => {
    const { status, stderr, asked } = await report(t, { head });
    assert.equal(status, 64, stderr);
    assert.equal(asked.length, 6);
    assert.match(stderr, sentence);
  });

test('wait puts an artifact again that the server has cut', async (t) => {
  const { status, stderr, asked } = await report(t, { head: (puts) => has(puts === 1 ? 65_536 : 200_000) });
  assert.equal(status, 0, stderr);
  assert.deepEqual(asked, ['PUT', 'HEAD', 'PUT', 'HEAD']);
});

for (const refusal of [302, 400, 401, 403, 405, 500, 501])
  test(`wait believes a server that answers HEAD with ${refusal}`, async (t) => {
    const { status, stderr, asked } = await report(t, { head: () => [refusal, { location: '/login' }] });
    assert.equal(status, 0, stderr);
    assert.deepEqual(asked, ['PUT', 'HEAD']);
  });

test('wait takes no ETag that is not the MD5 for other bytes', async (t) => {
  const etag = `"${'0'.repeat(32)}"`;
  const { status, stderr } = await report(t, {
    put: () => [201, { etag }],
    head: () => has(bytes.length, { etag }),
  });
  assert.equal(status, 0, stderr);
});

const proofs: readonly (readonly [string, OutgoingHttpHeaders])[] = [
  ['an ETag that is its MD5', { etag: `"${md5.toString('hex')}"` }],
  ['its Content-MD5', { 'content-md5': md5.toString('base64') }],
  ['its SHA-256', { 'repr-digest': `sha-256=:${sha256}:` }],
];

for (const [title, headers] of proofs)
  test(`wait asks nothing more of a server that answers with ${title}`, async (t) => {
    const { status, stderr, asked } = await report(t, { put: () => [200, headers], head: () => [404] });
    assert.equal(status, 0, stderr);
    assert.deepEqual(asked, ['PUT']);
  });

test('wait believes a server that says 202, or that EMISSARY_HTTP_CHECK keeps from being asked', async (t) => {
  const later = await report(t, { put: () => [202], head: () => [404] });
  assert.deepEqual([later.status, later.asked], [0, ['PUT']], later.stderr);
  const unasked = await report(t, { head: () => [404] }, { EMISSARY_HTTP_CHECK: 'false' });
  assert.deepEqual([unasked.status, unasked.asked], [0, ['PUT']], unasked.stderr);
});

test('wait stores results at a server that knows no HEAD', async (t) => {
  const its = pod(t);
  const got = new Map<string, string>();
  const host = await served(t, async (request, answer) => {
    if (request.method !== 'PUT') return void answer.writeHead(405).end();
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    got.set(String(request.url), Buffer.concat(pieces).toString());
    answer.writeHead(201).end();
  });
  assert.equal((await its.init({})).status, 0);
  await its.run('echo hello');
  const env = { EMISSARY_RESULTS_URL: `http://${host}/results`, MULTIFLEXI_JOB_ID: '7' };
  const { status, stderr } = await emissary(['wait'], { root: its.root, env });
  assert.equal(status, 0, stderr);
  assert.equal(got.get('/results/7/ctr/main/stdout'), 'hello\n');
  assert.ok(got.has('/results/7/report.json'), [...got.keys()].join());
});

test('wait names the result that a server has taken and lost, once, and exits with 64', async (t) => {
  const its = pod(t);
  const host = await served(t, async (request, answer) => {
    await whole(request);
    const isLost = /stdout$/.test(String(request.url));
    answer.writeHead(request.method === 'PUT' ? 201 : isLost ? 404 : 405).end();
  });
  assert.equal((await its.init({})).status, 0);
  await its.run('echo hello');
  const env = { EMISSARY_RESULTS_URL: `http://${host}/results`, MULTIFLEXI_JOB_ID: '7' };
  const { status, stderr } = await emissary(['wait'], { root: its.root, env });
  assert.equal(status, 64);
  assert.match(
    stderr,
    /^emissary: Cannot store "ctr\/main\/stdout": the server took the file, but does not have it \(404\); if it is not meant/,
  );
  assert.equal(stderr.match(/took the file/g)?.length, 1, stderr);
});
