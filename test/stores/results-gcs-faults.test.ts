import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer } from 'node:tls';
import { atEnd } from '../helpers/at-end.ts';
import { makeCertificate } from '../helpers/certificate.ts';
import { emissary, type Finished } from '../helpers/emissary.ts';
import { type GcsServer, startGcs } from '../helpers/gcs-server.ts';
import { runJob } from '../helpers/job.ts';
import { type Asked, type S3Front, startS3Front, type Treatment } from '../helpers/s3-front.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const MiB = 2 ** 20;

/** A job whose outputs are put through a front that a test puts faults into. */
interface Faulty {
  readonly gcs: GcsServer;
  readonly front: S3Front;
  /** The key of an output. */
  key(name: string): string;
  wait(env?: Readonly<Record<string, string>>): Promise<Finished>;
  /** The keys of parts that are left. */
  parts(): Promise<readonly string[]>;
}

async function faultyStore(
  t: TestContext,
  outputs: Readonly<Record<string, Buffer>>,
  treat: (asked: Asked) => Treatment | Promise<Treatment>,
): Promise<Faulty | null> {
  const gcs = await startGcs(t);
  if (gcs === null) return null;
  const front = await startS3Front(t, gcs.port, treat);
  const [root, made] = [temporaryVolume(t), temporaryVolume(t)];
  for (const [name, content] of Object.entries(outputs)) writeFileSync(join(made, name), content);
  const artifacts = Object.keys(outputs).map((name, index) => ({
    name: `a${index}`,
    path: join(made, name),
    archive: { none: {} },
  }));
  await runJob(t, ['true'], { root, template: { outputs: { artifacts } } });
  const settings = {
    MULTIFLEXI_JOB_ID: '7',
    EMISSARY_RESULTS_URL: 'gs://results',
    STORAGE_EMULATOR_HOST: `http://127.0.0.1:${front.port}`,
  };
  return {
    gcs,
    front,
    key: (name) => `7/outputs/artifacts${made}/${name}`,
    wait: (env = {}) => emissary(['wait'], { root, env: { ...settings, ...env } }),
    parts: async () => (await gcs.keys()).filter((key) => key.includes('/.emissary-')),
  };
}

/** Bytes that differ from part to part. */
function content(bytes: number): Buffer {
  const found = Buffer.allocUnsafe(bytes);
  for (let at = 0; at < bytes; at += 1) found[at] = (at * 31 + (at >> 16)) & 0xff;
  return found;
}

const nameOf = ({ url }: Asked) => new URL(url, 'http://front').searchParams.get('name') ?? '';
const partOf = (asked: Asked) => Number(/\/part-([0-9]+)$/.exec(nameOf(asked))?.[1]);
const isCompose = ({ url }: Asked) => /\/compose\?/.test(url);

/** An error of Google's. */
const googles = (
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): Treatment => ({
  status,
  code: reason,
  headers,
  body: JSON.stringify({ error: { code: status, message: 'It is so.', errors: [{ reason }] } }),
});

/** Treats only the first `times` requests that fit. */
function first(times: number, fits: (asked: Asked) => boolean, treatment: Treatment) {
  let left = times;
  return (asked: Asked): Treatment => {
    if (left === 0 || !fits(asked)) return null;
    left -= 1;
    return treatment;
  };
}

test('a part for Google whose connection breaks in the middle is sent again', async (t) => {
  const large = content(30 * MiB);
  const cut = first(2, (asked) => partOf(asked) === 2, { cutAfter: 3 * MiB });
  const job = await faultyStore(t, { large }, cut);
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(job.front.asked.filter((asked) => partOf(asked) === 2).length, 3);
  assert.ok((await job.gcs.object(job.key('large'))).equals(large));
  assert.deepEqual(await job.parts(), []);
});

test('an object of Google whose composition was not answered is there, and no failure', async (t) => {
  const large = content(20 * MiB);
  const job = await faultyStore(t, { large }, first(1, isCompose, { loseAnswer: true }));
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok((await job.gcs.object(job.key('large'))).equals(large));
  assert.deepEqual(await job.parts(), []);
});

test('bytes for Google that are damaged on the way are refused by the store, and sent again', async (t) => {
  const [large, small] = [content(20 * MiB), content(MiB)];
  const damagePart = first(1, (asked) => partOf(asked) === 1, { damage: MiB });
  const damageSmall = first(1, (asked) => /small$/.test(nameOf(asked)), { damage: MiB / 2 });
  const job = await faultyStore(t, { large, small }, (asked) => damagePart(asked) ?? damageSmall(asked));
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(job.front.asked.filter((asked) => partOf(asked) === 1).length, 2);
  assert.equal(job.front.asked.filter((asked) => /small$/.test(nameOf(asked))).length, 2);
  assert.ok((await job.gcs.object(job.key('large'))).equals(large));
  assert.ok((await job.gcs.object(job.key('small'))).equals(small));
});

test('an object of Google that was composed of other bytes is removed, and composed again', async (t) => {
  const large = content(20 * MiB);
  const other = content(20 * MiB).fill(1);
  let composed = 0;
  const job: Faulty | null = await faultyStore(t, { large }, async (asked) => {
    if (job === null || !isCompose(asked)) return null;
    composed += 1;
    if (composed > 1) return null;
    await job.gcs.put(job.key('large'), other);
    const about = (await job.gcs.objects()).find(({ name }) => name === job.key('large'));
    return { status: 200, code: '', body: JSON.stringify(about) };
  });
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(composed, 2);
  assert.ok((await job.gcs.object(job.key('large'))).equals(large));
});

test('a part that Google refuses for good leaves no object and no parts, and the message says why', async (t) => {
  const refuse = (asked: Asked): Treatment => (partOf(asked) === 2 ? googles(403, 'forbidden') : null);
  const job = await faultyStore(t, { large: content(20 * MiB) }, refuse);
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.equal(status, 64);
  assert.match(
    stderr,
    /results into gs:\/\/results: gs:\/\/results answered forbidden \(403\): its account lacks a role such as Storage Object User/,
  );
  assert.deepEqual(
    (await job.gcs.keys()).filter((key) => /large|report\.json/.test(key)),
    [],
  );
  assert.deepEqual(await job.parts(), []);
});

test('parts of Google of which one was not removed at first are all removed', async (t) => {
  const large = content(20 * MiB);
  const isLast = ({ method, url }: Asked) => method === 'DELETE' && url.endsWith('part-000003');
  const job = await faultyStore(t, { large }, first(1, isLast, googles(500, 'backendError')));
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(job.front.asked.filter(isLast).length, 2);
  assert.equal(job.front.asked.filter(isCompose).length, 1);
  assert.ok((await job.gcs.object(job.key('large'))).equals(large));
  assert.deepEqual(await job.parts(), []);
});

test('an account that may not remove parts is told', async (t) => {
  const refuse = ({ method }: Asked): Treatment => (method === 'DELETE' ? googles(403, 'forbidden') : null);
  const job = await faultyStore(t, { large: content(20 * MiB) }, refuse);
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.equal(status, 64);
  assert.match(stderr, /cannot remove parts of an object: gs:\/\/results answered forbidden \(403\)/);
});

for (const [status, reason] of [
  [503, 'backendError'],
  [429, 'rateLimitExceeded'],
  [403, 'userRateLimitExceeded'],
] as const)
  test(`a store of Google that answers ${status} ${reason} gets fewer requests at once, and everything`, async (t) => {
    const outputs = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`file-${index}`, Buffer.from(`content ${index}`)]),
    );
    let answered = 0;
    let busyAtOnce = 0;
    const busy = ({ method }: Asked): Treatment => {
      if (method !== 'POST') return null;
      answered += 1;
      if (answered > 30) return null;
      if (answered > 20) busyAtOnce = Math.max(busyAtOnce, found?.front.atOnce() ?? 0);
      return googles(status, reason, { 'retry-after': '0' });
    };
    const found = await faultyStore(t, outputs, busy);
    if (found === null) return;
    const finished = await found.wait();
    assert.deepEqual([finished.status, finished.stderr], [0, '']);
    assert.ok(busyAtOnce < 8, `${busyAtOnce} at once`);
    for (const [name, bytes] of Object.entries(outputs))
      assert.ok((await found.gcs.object(found.key(name))).equals(bytes), name);
  });

test('a bucket of Google that does not exist is named', async (t) => {
  const job = await faultyStore(t, {}, () => null);
  if (job === null) return;
  const { status, stderr } = await job.wait({ EMISSARY_RESULTS_URL: 'gs://no-such-bucket' });
  assert.equal(status, 64);
  assert.match(stderr, /gs:\/\/no-such-bucket does not exist: make the bucket, or correct its name/);
});

for (const [url, sentence] of [
  ['gs://results?region=x', /gs:\/\/results has a parameter that is none of endpoint, kms-key/],
  ['gs://results?endpoint=ftp://x', /endpoint of a Google store is not an http:\/\/ or https:\/\/ address/],
] as const)
  test(`the address ${url} is refused`, async (t) => {
    const job = await faultyStore(t, {}, () => null);
    if (job === null) return;
    const { status, stderr } = await job.wait({ EMISSARY_RESULTS_URL: url });
    assert.equal(status, 64);
    assert.match(stderr, sentence);
  });

test("a key of Google's is named with each object, its parts and their composition", async (t) => {
  const job = await faultyStore(t, { large: content(20 * MiB) }, () => null);
  if (job === null) return;
  const kms = 'projects/p/locations/l/keyRings/r/cryptoKeys/k';
  const { status, stderr } = await job.wait({
    EMISSARY_RESULTS_URL: `gs://results?kms-key=${encodeURIComponent(kms)}`,
  });
  assert.deepEqual([status, stderr], [0, '']);
  const making = job.front.asked.filter(({ method }) => method === 'POST');
  assert.ok(making.some(isCompose));
  for (const { url } of making)
    assert.equal(new URL(url, 'http://front').searchParams.get('kmsKeyName'), kms, url);
});

test('a store of Google behind a private certificate authority is reached with EMISSARY_STORE_CA_FILE', async (t) => {
  const job = await faultyStore(t, {}, () => null);
  if (job === null) return;
  const { key, cert, path } = makeCertificate(t, 'IP:127.0.0.1');
  const server = createServer({ key, cert }, (secure) => {
    const plain = connect(job.gcs.port, '127.0.0.1');
    for (const socket of [secure, plain]) socket.on('error', () => socket.destroy());
    secure.pipe(plain).pipe(secure);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  atEnd(t, () => void server.close());
  const { port } = server.address() as { port: number };
  const env = { STORAGE_EMULATOR_HOST: `https://127.0.0.1:${port}` };
  const refused = await job.wait(env);
  assert.match(
    refused.stderr,
    /the certificate of gs:\/\/results is not trusted \([A-Z_]+\); name its authority/,
  );
  const { status, stderr } = await job.wait({ ...env, EMISSARY_STORE_CA_FILE: path });
  assert.deepEqual([status, stderr], [0, '']);
});
