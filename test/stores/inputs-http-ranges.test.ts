import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inputs, served } from '../helpers/inputs.ts';
import { startNginx } from '../helpers/nginx.ts';
import { requireProgram } from '../helpers/require.ts';
import { pod } from '../helpers/saved.ts';

const MiB = 2 ** 20;
const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Fetches an input. @returns how `init` ended, and what it fetched */
async function fetched(t: TestContext, url: string, sha256?: string) {
  const its = pod(t);
  const http = { url, ...(sha256 !== undefined && { sha256 }) };
  const { status, stderr } = await its.init(inputs({ name: 'in', path: '/in', archive: { none: {} }, http }));
  return {
    status,
    stderr,
    bytes: () => readFileSync(join(its.root, 'inputs/artifacts/in')),
  };
}

for (const [place, bytes, validator] of [
  ['file', randomBytes(60 * MiB + 5), 'an ETag'],
  ['untagged/file', randomBytes(20 * MiB), 'a time of change'],
] as const)
  test(`init fetches a large file in ranges from nginx, by ${validator}`, async (t) => {
    if (!requireProgram(t, 'nginx')) return;
    const nginx = await startNginx(t);
    const path = join(nginx.files, place);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    utimesSync(path, new Date(0), new Date(1_700_000_000_000));
    const found = await fetched(t, `${nginx.url}/${place}`, sha256Of(bytes));
    assert.deepEqual([found.status, found.stderr], [0, '']);
    assert.ok(found.bytes().equals(bytes));
    const parts = nginx.requests().filter((line) => line.startsWith(`GET /${place} 206 bytes=`));
    assert.equal(new Set(parts).size, Math.ceil(bytes.length / (8 * MiB)) - 1);
  });

for (const [what, place, bytes] of [
  ['a small file', 'file', randomBytes(MiB)],
  ['an empty file', 'file', Buffer.alloc(0)],
  ['a file that was changed just now, without an ETag', 'untagged/file', randomBytes(20 * MiB)],
] as const)
  test(`init fetches ${what} in one stream from nginx`, async (t) => {
    if (!requireProgram(t, 'nginx')) return;
    const nginx = await startNginx(t);
    const path = join(nginx.files, place);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    const found = await fetched(t, `${nginx.url}/${place}`, sha256Of(bytes));
    assert.deepEqual([found.status, found.stderr], [0, '']);
    assert.ok(found.bytes().equals(bytes));
    assert.deepEqual(nginx.requests(), [`GET /${place} 200 -`]);
  });

type Answer = (request: IncomingMessage, answer: ServerResponse, range: readonly [number, number]) => void;

/** A server that answers ranges in some way, and says that it gives them. */
async function rangeServer(
  t: TestContext,
  {
    bytes,
    etag = '"1"',
    first = bytes,
  }: {
    readonly bytes: () => Buffer;
    readonly etag?: string | (() => string);
    /** What it sends of the whole file before it stands still. */
    readonly first?: () => Buffer;
  },
  answerRange: Answer,
) {
  const asked: (string | undefined)[] = [];
  const tag = typeof etag === 'string' ? () => etag : etag;
  const host = await served(t, (request, answer) => {
    const { range } = request.headers;
    asked.push(range);
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
    if (start !== undefined && end !== undefined)
      return answerRange(request, answer, [Number(start), Number(end) + 1]);
    const headers = { 'content-length': bytes().length, 'accept-ranges': 'bytes', etag: tag() };
    answer.writeHead(200, headers);
    if (first === bytes) answer.end(bytes());
    else answer.write(first());
  });
  return { url: `http://${host}/file`, asked };
}

function whole(answer: ServerResponse, bytes: Buffer, etag: string): void {
  answer.writeHead(200, { 'content-length': bytes.length, 'accept-ranges': 'bytes', etag }).end(bytes);
}

function part(answer: ServerResponse, bytes: Buffer, [start, end]: readonly [number, number], etag = '"1"') {
  const headers = { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}`, etag };
  answer.writeHead(206, { ...headers, 'content-length': end - start }).end(bytes.subarray(start, end));
}

test('init fetches a large file in one stream from a server without ranges', async (t) => {
  const bytes = randomBytes(30 * MiB);
  const asked: (string | undefined)[] = [];
  const host = await served(t, (request, answer) => {
    asked.push(request.headers.range);
    answer.writeHead(200, { etag: '"1"' }).end(bytes);
  });
  const found = await fetched(t, `http://${host}/file`, sha256Of(bytes));
  assert.deepEqual([found.status, found.stderr], [0, '']);
  assert.ok(found.bytes().equals(bytes));
  assert.deepEqual(asked, [undefined]);
});

const bytes = randomBytes(30 * MiB);
for (const [what, requests, answerRange] of [
  ['answers 200 to a range', 1, (_, answer) => whole(answer, bytes, '"1"')],
  [
    'sends another range than was asked for',
    1,
    (_, answer, [start, end]) => part(answer, bytes, [start - 1, end]),
  ],
  [
    'sends fewer bytes than it says',
    2,
    (_, answer, [start, end]) => {
      const headers = { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}`, etag: '"1"' };
      answer.writeHead(206, headers).end(bytes.subarray(start, end - 1));
    },
  ],
  [
    'says another length',
    1,
    (_, answer, [start, end]) => part(answer, Buffer.concat([bytes, bytes]), [start, end]),
  ],
  ['gives its file only once', 1, (_, answer) => void answer.writeHead(403).end()],
  ['breaks off every range', 1, (request) => void request.socket.destroy()],
] as const satisfies readonly (readonly [string, number, Answer])[])
  test(`init fetches a large file in one stream from a server that ${what}`, async (t) => {
    const server = await rangeServer(t, { bytes: () => bytes }, answerRange);
    const found = await fetched(t, server.url, sha256Of(bytes));
    assert.deepEqual([found.status, found.stderr], [0, '']);
    assert.ok(found.bytes().equals(bytes));
    assert.equal(server.asked.filter((range) => range === undefined).length, requests);
  });

for (const [how, knowsIfRange] of [
  ['answers with the new one', true],
  ['does not know If-Range', false],
] as const)
  test(`init mixes no two contents of a file from a server that ${how}`, async (t) => {
    let [content, version, ranges] = [randomBytes(60 * MiB), 1, 0];
    const etag = () => `"${version}"`;
    const server = await rangeServer(t, { bytes: () => content, etag }, (request, answer, range) => {
      ranges += 1;
      if (ranges === 3) [content, version] = [randomBytes(60 * MiB), 2];
      if (knowsIfRange && request.headers['if-range'] !== etag()) return whole(answer, content, etag());
      part(answer, content, range, etag());
    });
    const found = await fetched(t, server.url);
    assert.deepEqual([found.status, found.stderr], [0, '']);
    assert.ok(found.bytes().equals(content));
    assert.equal(version, 2);
  });

test('a range whose connection breaks, and one that the server is too busy for, are asked for again', async (t) => {
  let ranges = 0;
  const first = () => bytes.subarray(0, 9 * MiB);
  const server = await rangeServer(t, { bytes: () => bytes, first }, (request, answer, [start, end]) => {
    ranges += 1;
    if (ranges === 1) return void answer.writeHead(503).end();
    if (ranges > 3) return part(answer, bytes, [start, end]);
    const headers = { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}`, etag: '"1"' };
    answer.writeHead(206, { ...headers, 'content-length': end - start });
    answer.write(bytes.subarray(start, start + MiB), () => request.socket.destroy());
  });
  const found = await fetched(t, server.url, sha256Of(bytes));
  assert.deepEqual([found.status, found.stderr], [0, '']);
  assert.ok(found.bytes().equals(bytes));
  assert.equal(server.asked.filter((range) => range === undefined).length, 1);
  assert.equal(ranges, 6);
});

test('init refuses a large file whose SHA-256 is another one', async (t) => {
  const server = await rangeServer(t, { bytes: () => bytes }, (_, answer, range) =>
    part(answer, bytes, range),
  );
  const { status, stderr } = await fetched(t, server.url, '0'.repeat(64));
  assert.equal(status, 65);
  assert.match(stderr, new RegExp(`its SHA-256 is ${sha256Of(bytes)}, not 0{64}`));
});
