import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { emissary } from '../helpers/emissary.ts';
import { startGcs } from '../helpers/gcs-server.ts';
import { inputs } from '../helpers/inputs.ts';
import { startS3Front } from '../helpers/s3-front.ts';
import { type Pod, pod } from '../helpers/saved.ts';

const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const emulated = (port: number) => ({ STORAGE_EMULATOR_HOST: `127.0.0.1:${port}` });

/** Saves an artifact with this content, and reports it. */
async function report(
  its: Pod,
  template: { readonly outputs: object },
  bytes: Buffer,
  env: Readonly<Record<string, string>>,
) {
  const prepared = await its.init(template);
  assert.equal(prepared.status, 0, prepared.stderr);
  writeFileSync(join(its.work, 'out'), bytes);
  await its.run('true');
  const text = JSON.stringify(template);
  return emissary(['wait'], { root: its.root, env: { EMISSARY_TEMPLATE: text, ...env } });
}

const output = (its: Pod, more: object) => ({
  outputs: { artifacts: [{ name: 'out', path: join(its.work, 'out'), archive: { none: {} }, ...more }] },
});

for (const [title, bytes] of [
  ['of no bytes', Buffer.alloc(0)],
  ['of one piece', randomBytes(1000)],
  ['of exactly one part', randomBytes(8 * 1024 * 1024)],
  ['of several parts', randomBytes(20_000_001)],
] as const)
  test(`wait puts an artifact ${title} into a Google bucket, and init fetches it`, async (t) => {
    const [its, gcs] = [pod(t), await startGcs(t)];
    if (gcs === null) return;
    const location = { bucket: 'results', key: 'a b/č+@#?%{}😀.bin', endpoint: gcs.endpoint };
    const env = emulated(gcs.port);
    const { status, stderr } = await report(its, output(its, { gcs: location }), bytes, env);
    assert.equal(status, 0, stderr);
    assert.deepEqual(await gcs.keys(), [location.key]);
    assert.ok((await gcs.object(location.key)).equals(bytes));
    const other = pod(t);
    const { endpoint: _, ...named } = location;
    const fetched = await other.init(
      inputs({ name: 'in', path: '/in', gcs: { ...named, sha256: sha256Of(bytes) } }),
      { env },
    );
    assert.deepEqual([fetched.status, fetched.stderr], [0, '']);
    assert.ok(readFileSync(join(other.root, 'inputs/artifacts/in')).equals(bytes));
  });

test('wait puts artifacts without a place of their own into the repository of Google', async (t) => {
  const [its, gcs] = [pod(t), await startGcs(t)];
  if (gcs === null) return;
  const template = {
    ...output(its, { archive: { tar: {} } }),
    artifactRepository: { gcs: { bucket: 'results', keyFormat: 'all/{job}' } },
  };
  const env = { ...emulated(gcs.port), MULTIFLEXI_JOB_ID: '42' };
  const { status, stderr } = await report(its, template, Buffer.from('content'), env);
  assert.equal(status, 0, stderr);
  assert.deepEqual(await gcs.keys(), ['all/42/out.tgz']);
});

test('a key of an artifact of its own has the job and the name where the template wants them', async (t) => {
  const [its, gcs] = [pod(t), await startGcs(t)];
  if (gcs === null) return;
  const template = output(its, { gcs: { bucket: 'results', key: 'own/{job}/{artifact}/{other}' } });
  const env = { ...emulated(gcs.port), MULTIFLEXI_JOB_ID: '42' };
  const { status, stderr } = await report(its, template, Buffer.from('content'), env);
  assert.equal(status, 0, stderr);
  assert.deepEqual(await gcs.keys(), ['own/42/out/{other}']);
});

test('an artifact whose key is that of another one of the job does not replace it', async (t) => {
  const [its, gcs] = [pod(t), await startGcs(t)];
  if (gcs === null) return;
  const artifacts = ['a', 'b'].map((name) => ({
    name,
    path: join(its.work, name, 'out'),
    archive: { none: {} },
  }));
  const template = { outputs: { artifacts }, artifactRepository: { gcs: { bucket: 'results' } } };
  assert.equal((await its.init(template)).status, 0);
  await its.run('mkdir a b; echo a > a/out; echo b > b/out');
  const env = { EMISSARY_TEMPLATE: JSON.stringify(template), MULTIFLEXI_JOB_ID: '42' };
  const { status, stderr } = await emissary(['wait'], {
    root: its.root,
    env: { ...env, ...emulated(gcs.port) },
  });
  assert.equal(status, 64);
  assert.match(stderr, /Cannot put artifact "b": it would replace artifact "a", which has the same key/);
  assert.deepEqual(await gcs.keys(), ['42/out']);
  assert.equal((await gcs.object('42/out')).toString(), 'a\n');
});

for (const bytes of [1000, 20_000_000])
  test(`init fetches an object of Google of ${bytes} bytes that is marked as gzip-encoded as it is stored`, async (t) => {
    const [its, gcs] = [pod(t), await startGcs(t)];
    if (gcs === null) return;
    const stored = gzipSync(randomBytes(bytes));
    await gcs.put('in.tar.gz', stored, 'gzip');
    const location = { bucket: 'results', key: 'in.tar.gz', sha256: sha256Of(stored) };
    const template = inputs({ name: 'in', path: '/in', archive: { none: {} }, gcs: location });
    const { status, stderr } = await its.init(template, { env: emulated(gcs.port) });
    assert.deepEqual([status, stderr], [0, '']);
    assert.ok(readFileSync(join(its.root, 'inputs/artifacts/in')).equals(stored));
  });

test('init does not mix two contents of an object of Google', async (t) => {
  const [its, gcs] = [pod(t), await startGcs(t)];
  if (gcs === null) return;
  await gcs.put('in', randomBytes(60_000_000));
  let ranges = 0;
  const front = await startS3Front(t, gcs.port, async ({ headers }) => {
    if (headers.range === undefined) return null;
    ranges += 1;
    if (ranges === 3) await gcs.put('in', randomBytes(60_000_000));
    return null;
  });
  const template = inputs({ name: 'in', path: '/in', gcs: { bucket: 'results', key: 'in' } });
  const { status, stderr } = await its.init(template, { env: emulated(front.port) });
  assert.equal(status, 65);
  assert.match(stderr, /gs:\/\/results, "in": the object has changed in gs:\/\/results/);
});

test('a range of Google whose connection breaks in the middle is fetched again', async (t) => {
  const [its, gcs] = [pod(t), await startGcs(t)];
  if (gcs === null) return;
  const bytes = randomBytes(30_000_000);
  await gcs.put('in', bytes);
  let cut = 0;
  const front = await startS3Front(t, gcs.port, ({ headers }) => {
    if (headers.range === undefined || cut > 1) return null;
    cut += 1;
    return { cutAnswerAfter: 1_000_000 };
  });
  const template = inputs({ name: 'in', path: '/in', gcs: { bucket: 'results', key: 'in' } });
  const { status, stderr } = await its.init(template, { env: emulated(front.port) });
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok(readFileSync(join(its.root, 'inputs/artifacts/in')).equals(bytes));
});

for (const [message, sentence] of [
  ['No such object: my-bucket/in', /gs:\/\/results has no object "in"/],
  ['The specified bucket does not exist.', /gs:\/\/results does not exist: make the bucket, or correct/],
] as const)
  test(`init tells what Google says: ${message}`, async (t) => {
    const [its, gcs] = [pod(t), await startGcs(t)];
    if (gcs === null) return;
    const body = JSON.stringify({ error: { code: 404, message, errors: [{ reason: 'notFound', message }] } });
    const front = await startS3Front(t, gcs.port, () => ({ status: 404, code: '', body }));
    const template = inputs({ name: 'in', path: '/in', gcs: { bucket: 'results', key: 'in' } });
    const { status, stderr } = await its.init(template, { env: emulated(front.port) });
    assert.equal(status, 65);
    assert.match(stderr, sentence);
  });

test('a missing object, key and name of a bucket of Google are each told', async (t) => {
  const [its, gcs] = [pod(t), await startGcs(t)];
  if (gcs === null) return;
  const init = (location: object) =>
    its.init(inputs({ name: 'in', path: '/in', gcs: location }), { env: emulated(gcs.port) });
  const [object, key, name] = [
    await init({ bucket: 'results', key: 'none' }),
    await init({ bucket: 'results' }),
    await init({ bucket: '../x', key: 'a' }),
  ];
  assert.match(object.stderr, /gs:\/\/results has no object "none"/);
  assert.match(key.stderr, /inputs\.artifacts\[0\]: gcs\.key: is missing/);
  assert.match(name.stderr, /gcs\.bucket: is not the name of a bucket/);
});
