import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startAzurite } from '../helpers/azurite.ts';
import { startGcs } from '../helpers/gcs-server.ts';
import { inputs } from '../helpers/inputs.ts';
import { type Asked, startS3Front, type Treatment } from '../helpers/s3-front.ts';
import { pod } from '../helpers/saved.ts';

const MiB = 2 ** 20;
const content = Buffer.alloc(20 * MiB + 3, 'neither short nor of one part');
const getsRange = ({ method, headers }: Asked) =>
  method === 'GET' && (headers.range ?? headers['x-ms-range']) !== undefined;

type Treat = (asked: Asked) => Treatment;

/** An object of three parts behind a front: the source of an input, and the environment that it needs. */
const stores = {
  Azure: async (t: TestContext, treat: Treat) => {
    const azurite = await startAzurite(t);
    await azurite.container.getBlockBlobClient('in').uploadData(content);
    const { port, pathname } = new URL(azurite.endpoint);
    const front = await startS3Front(t, Number(port), treat);
    const endpoint = `http://127.0.0.1:${front.port}${pathname}`;
    return { source: { azure: { endpoint, container: 'jobs', blob: 'in' } }, env: azurite.env };
  },
  Google: async (t: TestContext, treat: Treat) => {
    const gcs = await startGcs(t);
    if (gcs === null) return null;
    await gcs.put('in', content);
    const front = await startS3Front(t, gcs.port, treat);
    const env = { STORAGE_EMULATOR_HOST: `127.0.0.1:${front.port}` };
    return { source: { gcs: { bucket: gcs.bucket, key: 'in' } }, env };
  },
};

async function fetched(t: TestContext, store: keyof typeof stores, treat: Treat) {
  const place = await stores[store](t, treat);
  if (place === null) return null;
  const its = pod(t);
  const { env, source } = place;
  const { status, stderr } = await its.init(inputs({ name: 'in', path: '/in', ...source }), { env });
  return { status, stderr, bytes: () => readFileSync(join(its.root, 'inputs/artifacts/in')) };
}

for (const store of ['Azure', 'Google'] as const) {
  test(`init fetches an object of ${store} in ranges`, async (t) => {
    const found = await fetched(t, store, () => null);
    if (found === null) return;
    assert.equal(found.status, 0, found.stderr);
    assert.ok(found.bytes().equals(content));
  });

  test(`init refuses an object when ${store} sends another range than it was asked for`, async (t) => {
    const answerWith = { 'content-range': `bytes 5-12/${content.length}` };
    const found = await fetched(t, store, (asked) => (getsRange(asked) ? { with: {}, answerWith } : null));
    if (found === null) return;
    assert.equal(found.status, 65);
    assert.match(found.stderr, /ranges are not given by azblob:\/\/jobs|the store gives no parts of it/);
  });

  test(`init refuses an object when ${store} sends a range of other content`, async (t) => {
    const answerWith = { etag: '"another"', 'x-goog-generation': '1' };
    const found = await fetched(t, store, (asked) => (getsRange(asked) ? { with: {}, answerWith } : null));
    if (found === null) return;
    assert.equal(found.status, 65);
    assert.match(found.stderr, /the object has changed in (?:azblob:\/\/jobs|gs:\/\/results)/);
  });
}
