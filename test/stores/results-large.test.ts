import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type TestContext, test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { peakBytes } from '../helpers/peak-memory.ts';
import { type Asked, startS3Front } from '../helpers/s3-front.ts';
import { startS3 } from '../helpers/s3-server.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const MiB = 2 ** 20;
const partBytes = 8 * MiB;
/** The whole 10 GB: `EMISSARY_TEST_OBJECT_BYTES=10000000000`. */
const largeBytes = Number(process.env['EMISSARY_TEST_OBJECT_BYTES'] ?? 300 * MiB);
/** The reporter without an object, the parts that are on their way, and what is not collected yet. */
const memoryBytes = 320 * MiB;

const partOf = ({ url }: Asked) => Number(/partNumber=(\d+)/.exec(url)?.[1]);

/** Runs a job with these files as its outputs. @returns the keys of their objects */
async function outputsOf(t: TestContext, root: string, files: Readonly<Record<string, number | Buffer>>) {
  const made = temporaryVolume(t);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(made, name), typeof content === 'number' ? '' : content);
    if (typeof content === 'number') truncateSync(join(made, name), content);
  }
  const artifacts = Object.keys(files).map((name, index) => ({
    name: `a${index}`,
    path: join(made, name),
    archive: { none: {} },
  }));
  await runJob(t, ['true'], { root, template: { outputs: { artifacts } } });
  return (name: string) => `7/outputs/artifacts${made}/${name}`;
}

test('objects of 0 and 1 bytes, and around the size of a part, are stored byte for byte', async (t) => {
  const s3 = await startS3(t);
  if (s3 === null) return;
  const root = temporaryVolume(t);
  const sizes = [0, 1, partBytes - 1, partBytes, partBytes + 1, 2 * partBytes, 2 * partBytes + 1];
  const files = Object.fromEntries(
    sizes.map((size) => [`of-${size}`, Buffer.alloc(size, `${size}`)] as const),
  );
  const key = await outputsOf(t, root, files);
  const env = { ...s3.credentials, MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_URL: s3.url() };
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.deepEqual([status, stderr], [0, '']);
  for (const [name, content] of Object.entries(files)) assert.ok(s3.object(key(name)).equals(content), name);
  assert.equal(s3.uploads(), 0);
});

test('a reporter that is killed in the middle of an object goes on where it was', async (t) => {
  const s3 = await startS3(t);
  if (s3 === null) return;
  let isHeld = true;
  const held = async (asked: Asked) => {
    if (partOf(asked) > 4) await until('parts may go on', () => !isHeld);
    return null;
  };
  const front = await startS3Front(t, s3.port, held);
  const root = temporaryVolume(t);
  const large = Buffer.alloc(10 * partBytes + 5, 'some text that is repeated');
  const key = await outputsOf(t, root, { large });
  const env = { ...s3.credentials, MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_URL: s3.url('', front.port) };
  const reporter = startEmissary(t, ['wait'], { root, env });
  await until('some parts wait', () => front.asked.some((asked) => partOf(asked) > 4));
  await until('four parts are stored', () => s3.parts() >= 4);
  reporter.kill('SIGKILL');
  await reporter.finished;
  isHeld = false;
  const before = front.asked.length;
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.deepEqual([status, stderr], [0, '']);
  const sentAgain = front.asked
    .slice(before)
    .map(partOf)
    .filter((number) => number <= 4);
  assert.deepEqual(sentAgain, []);
  assert.ok(s3.object(key('large')).equals(large));
  assert.equal(s3.uploads(), 0);
});

test('a reporter that finds everything stored sends only the report', async (t) => {
  const s3 = await startS3(t);
  if (s3 === null) return;
  const front = await startS3Front(t, s3.port, () => null);
  const root = temporaryVolume(t);
  await outputsOf(t, root, { large: Buffer.alloc(2 * partBytes), small: Buffer.from('x') });
  const env = { ...s3.credentials, MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_URL: s3.url('', front.port) };
  assert.equal((await emissary(['wait'], { root, env })).status, 0);
  const before = front.asked.length;
  assert.equal((await emissary(['wait'], { root, env })).status, 0);
  const puts = front.asked.slice(before).filter(({ method }) => method === 'PUT' || method === 'POST');
  assert.deepEqual(
    puts.map(({ url }) => url.replace(/\?.*/, '')),
    ['/results/7/report.json'],
  );
});

test('a large object takes no more memory than a small one', async (t) => {
  const s3 = await startS3(t);
  if (s3 === null) return;
  const front = await startS3Front(t, s3.port, () => null);
  const root = temporaryVolume(t);
  const key = await outputsOf(t, root, { large: largeBytes });
  const env = { ...s3.credentials, MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_URL: s3.url('', front.port) };
  const reporter = startEmissary(t, ['wait'], { root, env });
  let peak = 0;
  const isLast = ({ url }: Asked) => /report\.json/.test(url);
  await until(
    'everything else is stored',
    () => {
      peak = Math.max(peak, peakBytes(reporter.pid));
      return front.asked.some(isLast) || reporter.process.exitCode !== null;
    },
    600_000,
  );
  const { status, stderr } = await reporter.finished;
  assert.deepEqual([status, stderr], [0, '']);
  t.diagnostic(`${Math.round(peak / MiB)} MiB for an object of ${Math.round(largeBytes / MiB)} MiB`);
  assert.ok(peak > 0 && peak < memoryBytes, `${peak} bytes of memory`);
  const hash = createHash('sha256');
  await pipeline(createReadStream(s3.path(key('large'))), hash);
  const zeros = createHash('sha256');
  for (let left = largeBytes; left > 0; left -= partBytes)
    zeros.update(Buffer.alloc(Math.min(left, partBytes)));
  assert.equal(hash.digest('hex'), zeros.digest('hex'));
});
