import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary, type Finished } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { type Asked, type S3Front, startS3Front, type Treatment } from '../helpers/s3-front.ts';
import { access, type S3Server, secret, startS3 } from '../helpers/s3-server.ts';
import { resigned } from '../helpers/sign-s3.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const MiB = 2 ** 20;

/** A job whose outputs are put through a front that a test puts faults into. */
interface Faulty {
  readonly s3: S3Server;
  readonly front: S3Front;
  /** The key of an output. */
  key(name: string): string;
  wait(env?: Readonly<Record<string, string>>): Promise<Finished>;
}

async function faultyStore(
  t: TestContext,
  outputs: Readonly<Record<string, Buffer>>,
  treat: (asked: Asked) => Treatment | Promise<Treatment>,
): Promise<Faulty | null> {
  const s3 = await startS3(t);
  if (s3 === null) return null;
  const front = await startS3Front(t, s3.port, treat);
  const [root, made] = [temporaryVolume(t), temporaryVolume(t)];
  for (const [name, content] of Object.entries(outputs)) writeFileSync(join(made, name), content);
  const artifacts = Object.keys(outputs).map((name, index) => ({
    name: `a${index}`,
    path: join(made, name),
    archive: { none: {} },
  }));
  await runJob(t, ['true'], { root, template: { outputs: { artifacts } } });
  const settings = { MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_URL: s3.url('', front.port) };
  return {
    s3,
    front,
    key: (name) => `7/outputs/artifacts${made}/${name}`,
    wait: (env = s3.credentials) => emissary(['wait'], { root, env: { ...settings, ...env } }),
  };
}

/** Bytes that differ from part to part. */
function content(bytes: number): Buffer {
  const found = Buffer.allocUnsafe(bytes);
  for (let at = 0; at < bytes; at += 1) found[at] = (at * 31 + (at >> 16)) & 0xff;
  return found;
}

const isPart = ({ url }: Asked) => /partNumber=/.test(url);
const partOf = ({ url }: Asked) => Number(/partNumber=(\d+)/.exec(url)?.[1]);

/** Treats only the first `times` requests that fit. */
function first(times: number, fits: (asked: Asked) => boolean, treatment: Treatment) {
  let left = times;
  return (asked: Asked): Treatment => {
    if (left === 0 || !fits(asked)) return null;
    left -= 1;
    return treatment;
  };
}

test('a part whose connection breaks in the middle is sent again, and the object is the same', async (t) => {
  const large = content(30 * MiB);
  const job = await faultyStore(
    t,
    { large },
    first(2, (asked) => partOf(asked) === 2, { cutAfter: 3 * MiB }),
  );
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(job.front.asked.filter((asked) => partOf(asked) === 2).length, 3);
  assert.ok(job.s3.object(job.key('large')).equals(large));
  assert.equal(job.s3.uploads(), 0);
});

test('a small object whose connection breaks in the middle is sent again', async (t) => {
  const small = content(4 * MiB);
  const isSmall = ({ method, url }: Asked) => method === 'PUT' && /small/.test(url);
  const job = await faultyStore(t, { small }, first(1, isSmall, { cutAfter: MiB }));
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok(job.s3.object(job.key('small')).equals(small));
});

test('an object whose completion was not answered is there, and no failure', async (t) => {
  const large = content(20 * MiB);
  const completes = ({ method, url }: Asked) => method === 'POST' && /uploadId=/.test(url);
  const job = await faultyStore(t, { large }, first(1, completes, { loseAnswer: true }));
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok(job.s3.object(job.key('large')).equals(large));
});

test('bytes that are damaged on the way are refused by the store, and sent again', async (t) => {
  const [large, small] = [content(20 * MiB), content(1_000)];
  const damagePart = first(1, (asked) => partOf(asked) === 1, { damage: true });
  const damageSmall = first(1, ({ method, url }) => method === 'PUT' && /small/.test(url), { damage: true });
  const job = await faultyStore(t, { large, small }, (asked) => damagePart(asked) ?? damageSmall(asked));
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok(job.s3.object(job.key('large')).equals(large));
  assert.ok(job.s3.object(job.key('small')).equals(small));
});

test('a part that is refused for good leaves no object and no parts, and the message says why', async (t) => {
  const refuse = (asked: Asked): Treatment =>
    partOf(asked) === 2 ? { status: 403, code: 'AccessDenied' } : null;
  const job = await faultyStore(t, { large: content(20 * MiB) }, refuse);
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.equal(status, 64);
  assert.match(stderr, /Cannot put the results into s3:\/\/results: .* answered AccessDenied \(403\)/);
  assert.doesNotMatch(stderr, new RegExp(`${access}|${secret.slice(0, 10)}`));
  assert.deepEqual(
    job.s3.keys().filter((key) => /large|report\.json/.test(key)),
    [],
  );
  assert.equal(job.s3.uploads(), 0);
});

test('a store that is too busy gets fewer requests at once, and everything in the end', async (t) => {
  const outputs = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`file-${index}`, Buffer.from(`content ${index}`)]),
  );
  let answered = 0;
  let busyAtOnce = 0;
  const busy = ({ method }: Asked): Treatment => {
    if (method !== 'PUT') return null;
    answered += 1;
    if (answered > 30) return null;
    if (answered > 20) busyAtOnce = Math.max(busyAtOnce, found?.front.atOnce() ?? 0);
    return { status: 503, code: 'SlowDown' };
  };
  const found = await faultyStore(t, outputs, busy);
  if (found === null) return;
  const { status, stderr } = await found.wait();
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok(busyAtOnce < 8, `${busyAtOnce} at once`);
  for (const [name, bytes] of Object.entries(outputs))
    assert.ok(found.s3.object(found.key(name)).equals(bytes), name);
});

test('a bucket that does not exist is named', async (t) => {
  const job = await faultyStore(t, {}, () => null);
  if (job === null) return;
  const url = job.s3.url().replace('results', 'no-such-bucket');
  const { status, stderr } = await job.wait({ ...job.s3.credentials, EMISSARY_RESULTS_URL: url });
  assert.equal(status, 64);
  assert.match(stderr, /s3:\/\/no-such-bucket does not exist: make the bucket, or correct its name/);
});

test('a server that refuses checksums gets objects without them', async (t) => {
  const [large, small] = [content(20 * MiB), content(1_000)];
  const refuse = ({ headers }: Asked): Treatment =>
    Object.keys(headers).some((name) => /^x-amz-(?:checksum-|sdk-checksum|trailer)/.test(name))
      ? { status: 501, code: 'NotImplemented' }
      : null;
  const damage = first(1, (asked) => partOf(asked) === 1, { damage: true });
  const job = await faultyStore(t, { large, small }, (asked) => refuse(asked) ?? damage(asked));
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok(job.s3.object(job.key('large')).equals(large));
  assert.ok(job.s3.object(job.key('small')).equals(small));
});

test('checksums are sent to a server that takes them', async (t) => {
  const job = await faultyStore(t, { large: content(20 * MiB), small: content(1_000) }, () => null);
  if (job === null) return;
  assert.equal((await job.wait()).status, 0);
  const puts = job.front.asked.filter((asked) => asked.method === 'PUT');
  assert.ok(puts.some(isPart));
  for (const { url, headers } of puts) assert.match(String(headers['x-amz-checksum-crc32']), /=$/, url);
});

test('a machine whose clock is 20 minutes behind the store signs with its time from the first refusal on', async (t) => {
  const aheadMs = 20 * 60_000;
  const skewed = (asked: Asked): Treatment => {
    const theirs = Date.now() + aheadMs;
    const text = String(asked.headers['x-amz-date']);
    const signed = Date.parse(
      text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
    );
    const headers = { date: new Date(theirs).toUTCString() };
    if (Math.abs(signed - theirs) <= 15 * 60_000)
      return { with: resigned(asked, new Date(), secret), answerWith: headers };
    return { status: 403, code: 'RequestTimeTooSkewed', headers };
  };
  const job = await faultyStore(t, { large: content(20 * MiB) }, skewed);
  if (job === null) return;
  const { status, stderr } = await job.wait();
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok(job.s3.object(job.key('large')).equals(content(20 * MiB)));
});

test('credentials that expire on the way are read again from their file', async (t) => {
  const place = temporaryVolume(t);
  const file = join(place, 'credentials');
  const write = (token: string) =>
    writeFileSync(
      file,
      `[default]\naws_access_key_id = ${access}\naws_secret_access_key = ${secret}\naws_session_token = ${token}\n`,
    );
  write('old');
  const expire = (asked: Asked): Treatment => {
    const token = asked.headers['x-amz-security-token'];
    if (token === 'new') return { with: resigned(asked, new Date(), secret) };
    if (partOf(asked) !== 2) return { with: resigned(asked, new Date(), secret) };
    write('new');
    return { status: 400, code: 'ExpiredToken' };
  };
  const large = content(30 * MiB);
  const job = await faultyStore(t, { large }, expire);
  if (job === null) return;
  const { status, stderr } = await job.wait({ AWS_SHARED_CREDENTIALS_FILE: file });
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok(job.s3.object(job.key('large')).equals(large));
});

test('credentials that have expired for good are named as the cause', async (t) => {
  const job = await faultyStore(t, {}, () => ({ status: 400, code: 'ExpiredToken' }));
  if (job === null) return;
  const { status, stderr } = await job.wait({ ...job.s3.credentials, EMISSARY_REPORT_SECONDS: '5' });
  assert.equal(status, 64);
  assert.match(stderr, /answered ExpiredToken \(400\): check its credentials and their rights/);
});

test('without credentials, the message says how to set them', async (t) => {
  const job = await faultyStore(t, {}, () => null);
  if (job === null) return;
  const { status, stderr } = await job.wait({ HOME: temporaryVolume(t), AWS_EC2_METADATA_DISABLED: 'true' });
  assert.equal(status, 64);
  assert.match(stderr, /there are no credentials for s3:\/\/results: set AWS_ACCESS_KEY_ID/);
});
