import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { environmentOf } from '../../src/settings/cli/environment.ts';
import { getObject } from '../../src/stores/get-object.ts';
import { StoreError } from '../../src/stores/object-store.ts';
import { openStore } from '../../src/stores/open-store.ts';
import { Pace } from '../../src/stores/pace.ts';
import { type Asked, startS3Front, type Treatment } from '../helpers/s3-front.ts';
import { startS3 } from '../helpers/s3-server.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const MiB = 2 ** 20;
const { signal } = new AbortController();

/** A bucket with one object `o`, behind a front that a test puts faults into. */
async function stored(
  t: TestContext,
  content: Buffer,
  treat: (asked: Asked) => Treatment | Promise<Treatment>,
) {
  const s3 = await startS3(t);
  if (s3 === null) return null;
  const front = await startS3Front(t, s3.port, treat);
  const [direct, store] = await Promise.all(
    [s3.port, front.port].map((port) => openStore(new URL(s3.url('', port)), environmentOf(s3.credentials))),
  );
  if (direct === undefined || store === undefined) throw new Error('there are two');
  t.after(() => {
    direct.close();
    store.close();
  });
  const put = async (bytes: Buffer, sha256: string | null = hashOf(bytes)) =>
    direct.put(
      'o',
      () => bytes,
      bytes.length,
      { type: 'text/plain', sha256 },
      { signal, sent: () => undefined },
    );
  await put(content);
  const path = join(temporaryVolume(t), 'o');
  const get = async () => {
    const file = await open(path, 'w+');
    try {
      return await getObject(store, 'o', file, { pace: new Pace(), advanced: () => undefined, signal });
    } finally {
      await file.close();
    }
  };
  return { front, put, get, bytes: () => readFileSync(path) };
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const content = Buffer.alloc(20 * MiB + 3, 'neither short nor of one part');
const getsRange = ({ method, headers }: Asked) => method === 'GET' && headers.range !== undefined;

test('an object is got in ranges, byte for byte, with its SHA-256', async (t) => {
  for (const size of [0, 1, 8 * MiB, 8 * MiB + 1, content.length]) {
    const place = await stored(t, content.subarray(0, size), () => null);
    if (place === null) return;
    const { size: found, sha256 } = await place.get();
    assert.deepEqual([found, sha256], [size, hashOf(content.subarray(0, size))]);
    assert.ok(place.bytes().equals(content.subarray(0, size)));
    assert.equal(
      place.front.asked.filter(getsRange).length,
      size > 8 * MiB ? Math.ceil(size / (8 * MiB)) : 0,
    );
  }
});

test('a range whose connection breaks in the middle is got again', async (t) => {
  let left = 2;
  const place = await stored(t, content, (asked) => {
    if (!getsRange(asked) || left === 0) return null;
    left -= 1;
    return { cutAnswerAfter: MiB };
  });
  if (place === null) return;
  await place.get();
  assert.equal(left, 0);
  assert.ok(place.bytes().equals(content));
});

test('an object that is replaced while it is got is a failure, and no mixture of both', async (t) => {
  let replaced: Promise<void> | null = null;
  const place = await stored(t, content, async (asked) => {
    if (!getsRange(asked)) return null;
    replaced ??= replace();
    await replaced;
    return null;
  });
  if (place === null) return;
  const replace = () => place.put(Buffer.alloc(content.length, 'other'));
  await assert.rejects(
    place.get(),
    (error) => error instanceof StoreError && error.kind === 'invalid' && /has changed/.test(error.message),
  );
});

test('an object that is not what its SHA-256 says is refused', async (t) => {
  const place = await stored(t, content, () => null);
  if (place === null) return;
  await place.put(content, hashOf(Buffer.from('another')));
  await assert.rejects(place.get(), /"o" is not what was stored: its SHA-256 differs/);
});

test('what others keep as the SHA-256 of an object, in another form, is not compared', async (t) => {
  const place = await stored(t, content, () => null);
  if (place === null) return;
  await place.put(content, Buffer.from(hashOf(content), 'hex').toString('base64'));
  assert.equal((await place.get()).sha256, hashOf(content));
  assert.ok(place.bytes().equals(content));
});

for (const [what, answerWith, reason] of [
  ['sends another range', { 'content-range': `bytes 5-12/${content.length}` }, /ranges are not given by s3:/],
  ['does not know If-Match', { etag: '"another"' }, /the object has changed in s3:/],
] as const)
  test(`an object of a server that ${what} is refused`, async (t) => {
    const place = await stored(t, content, (asked) => (getsRange(asked) ? { with: {}, answerWith } : null));
    if (place === null) return;
    await assert.rejects(place.get(), reason);
  });
