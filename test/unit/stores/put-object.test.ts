import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { inPieces } from '../../../src/stores/in-pieces.ts';
import {
  type ObjectStore,
  type PartUpload,
  type Sending,
  StoreError,
} from '../../../src/stores/object-store.ts';
import { Pace } from '../../../src/stores/pace.ts';
import type { PutContext } from '../../../src/stores/put-context.ts';
import { putObject } from '../../../src/stores/put-object.ts';

const MiB = 2 ** 20;

/** A store that keeps nothing, and notes what it was asked. */
function recordingStore(own: Partial<ObjectStore> & { readonly upload?: Partial<PartUpload> } = {}) {
  const asked: string[] = [];
  const note = (text: string) => void asked.push(text);
  const upload: PartUpload = {
    id: 'u',
    known: async () => new Map(),
    put: async (number) => {
      note(`part ${number}`);
      return `tag ${number}`;
    },
    complete: async (tags) => note(`complete ${tags.join(', ')}`),
    abort: async () => note('abort'),
    ...own.upload,
  };
  const store: ObjectStore = {
    name: 's3://recorded',
    parts: { minBytes: 5 * MiB, maxBytes: 64 * MiB, most: 100, maxObjectBytes: 100 * MiB },
    head: async (key) => found(key),
    get: () => Promise.reject(new Error('not here')),
    put: async () => note('put'),
    begin: async () => {
      note('begin');
      return upload;
    },
    list: async function* () {},
    close: () => undefined,
    ...own,
  };
  return { store, asked };
}

const found = (key: string) => ({ key, size: 20 * MiB, sha256: null, version: null });
const zeros = (bytes: number) => ({ bytes, read: async (into: Buffer) => void into.fill(0) });
const hashOf = (bytes: number) => createHash('sha256').update(Buffer.alloc(bytes)).digest('hex');

function context(more: Partial<PutContext> = {}): PutContext {
  return {
    about: { type: 'text/plain', sha256: null },
    pace: new Pace(),
    upload: null,
    keep: null,
    advanced: () => undefined,
    signal: new AbortController().signal,
    ...more,
  };
}

test('an object above the largest of its store is refused before the first byte', async () => {
  const { store, asked } = recordingStore();
  const put = putObject(store, 'k', zeros(100 * MiB + 1), context());
  await assert.rejects(put, /has 104857601 bytes, more than the 104857600 of one object/);
  assert.deepEqual(asked, []);
});

test('an object whose size in the store is another one is a failure, and aborted', async () => {
  const head = async (key: string) => ({ key, size: 5, sha256: null, version: null });
  const { store, asked } = recordingStore({ head });
  await assert.rejects(
    putObject(store, 'k', zeros(20 * MiB), context()),
    /has 5 bytes in the store, not 20971520/,
  );
  assert.equal(asked.at(-1), 'abort');
});

test('a file that has changed since its SHA-256 was taken becomes no object', async () => {
  for (const bytes of [10, 20 * MiB]) {
    const { store, asked } = recordingStore();
    const about = { type: 'text/plain', sha256: hashOf(bytes + 1) };
    await assert.rejects(putObject(store, 'k', zeros(bytes), context({ about })), /has changed/);
    assert.ok(!asked.some((text) => /^put|^complete/.test(text)), asked.join());
  }
});

test('an upload of an earlier process goes on with the parts that are there, and is begun anew if it is gone', async () => {
  const sha256 = hashOf(20 * MiB);
  const left = { id: 'old', bytes: 20 * MiB, sha256, partBytes: 8 * MiB };
  const about = { type: 'text/plain', sha256 };
  const there = new Map([
    [1, { size: 8 * MiB, tag: 'of other bytes', isOf: () => false }],
    [2, { size: 8 * MiB, tag: 'kept 2', isOf: () => true }],
  ]);
  const going = recordingStore({ upload: { known: async () => there } });
  await putObject(going.store, 'k', zeros(20 * MiB), context({ about, upload: left, keep: () => undefined }));
  assert.deepEqual(going.asked.toSorted(), ['begin', 'complete tag 1, kept 2, tag 3', 'part 1', 'part 3']);

  const known = () => Promise.reject(new StoreError('missing', 'it is gone'));
  const gone = recordingStore({ upload: { known } });
  await putObject(gone.store, 'k', zeros(20 * MiB), context({ about, upload: left, keep: () => undefined }));
  assert.deepEqual(gone.asked.filter((text) => text === 'begin').length, 2);
  assert.ok(gone.asked.includes('complete tag 1, tag 2, tag 3'));
});

test('a part that is refused aborts the upload, and a stop leaves it to a later process', async () => {
  const put = () => Promise.reject(new StoreError('invalid', 'it is refused'));
  const { store, asked } = recordingStore({ upload: { put } });
  const kept: unknown[] = [];
  const keep = (upload: unknown) => void kept.push(upload);
  await assert.rejects(putObject(store, 'k', zeros(20 * MiB), context({ keep })), /it is refused/);
  assert.deepEqual([asked.at(-1), kept.at(-1)], ['abort', null]);

  const over = new AbortController();
  const stopped = recordingStore({ upload: { put: () => Promise.reject(over.abort(new Error('over'))) } });
  kept.length = 0;
  const putting = putObject(stopped.store, 'k', zeros(20 * MiB), context({ keep, signal: over.signal }));
  await assert.rejects(putting, /over/);
  assert.deepEqual(
    [stopped.asked.includes('abort'), kept.at(-1)],
    [false, { id: 'u', bytes: 20 * MiB, sha256: null, partBytes: 8 * MiB }],
  );
});

for (const how of ['whole object', 'part'] as const)
  test(`what a server has taken of a ${how} is progress at once, and once, however often it is sent`, async () => {
    const size = 9 * MiB;
    const calls: number[] = [];
    let tries = 0;
    const take = async (content: Readable | Buffer, { sent }: Sending) => {
      tries += 1;
      const attempt = tries;
      let taken = 0;
      for await (const piece of inPieces(content, sent) as AsyncIterable<Buffer>) {
        taken += piece.length;
        if (attempt === 1 && taken > size / 2) throw new StoreError('broken', 'the connection was closed');
      }
      return 'tag';
    };
    const { store } = recordingStore(
      how === 'part'
        ? {
            upload: { put: (_, bytes, sending) => take(bytes, sending) },
            head: async (key) => ({ ...found(key), size }),
          }
        : {
            parts: null,
            put: async (_, body, _length, _about, sending) => void (await take(body(), sending)),
          },
    );
    await putObject(store, 'k', zeros(size), context({ advanced: (bytes) => void calls.push(bytes) }));
    assert.equal(tries, how === 'part' ? 3 : 2);
    assert.ok(calls.length > 2, `${calls.length} times`);
    assert.equal(
      calls.reduce((sum, bytes) => sum + bytes, 0),
      size,
    );
  });

test('an empty object that is there is progress', async () => {
  const calls: number[] = [];
  const { store } = recordingStore();
  await putObject(store, 'k', zeros(0), context({ advanced: (bytes) => void calls.push(bytes) }));
  assert.deepEqual(calls, [0]);
});
