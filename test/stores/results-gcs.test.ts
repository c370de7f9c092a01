import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { startGcs } from '../helpers/gcs-server.ts';
import { runJob } from '../helpers/job.ts';
import { peakBytes } from '../helpers/peak-memory.ts';
import { type Asked, startS3Front } from '../helpers/s3-front.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const MiB = 2 ** 20;
const partBytes = 8 * MiB;
/** More than 32 parts: they are composed in two steps. */
const largeBytes = 300 * MiB;
/** As for S3. */
const memoryBytes = 320 * MiB;

/** An emulator wants no credentials. */
const emulated = (port: number, path = '') => ({
  MULTIFLEXI_JOB_ID: '7',
  STORAGE_EMULATOR_HOST: `127.0.0.1:${port}`,
  EMISSARY_RESULTS_URL: `gs://results${path}`,
});
const nameOf = ({ url }: Asked) => new URL(url, 'http://front').searchParams.get('name') ?? '';
const isUpload = ({ url }: Asked) => url.startsWith('/upload/');
const partOf = (asked: Asked) => Number(/\/part-([0-9]+)$/.exec(nameOf(asked))?.[1]);

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
  await runJob(t, ['sh', '-c', 'echo out; exit 3'], { root, template: { outputs: { artifacts } } });
  return (name: string) => `7/outputs/artifacts${made}/${name}`;
}

test('wait puts results into a Google bucket, and the report last', async (t) => {
  const gcs = await startGcs(t);
  if (gcs === null) return;
  const front = await startS3Front(t, gcs.port, () => null);
  const root = temporaryVolume(t);
  const key = await outputsOf(t, root, { 'report č+@#?%{}😀.csv': Buffer.from('a,b\n') });
  const { status, stdout, stderr } = await emissary(['wait'], { root, env: emulated(front.port, '/kept') });
  assert.deepEqual([status, stdout.toString(), stderr], [0, '', '']);
  const output = `kept/${key('report č+@#?%{}😀.csv')}`;
  const records = ['exitcode', 'result.json', 'started', 'stderr', 'stdout', 'timeline'];
  assert.deepEqual(
    (await gcs.keys()).filter((name) => !name.endsWith('/usage')).sort(),
    [...records.map((name) => `kept/7/ctr/main/${name}`), output, 'kept/7/report.json'].sort(),
  );
  assert.equal((await gcs.object('kept/7/ctr/main/stdout')).toString(), 'out\n');
  assert.equal((await gcs.object(output)).toString(), 'a,b\n');
  assert.equal(JSON.parse((await gcs.object('kept/7/report.json')).toString()).exitCode, 3);
  const about = (await gcs.objects()).find(({ name }) => name === output);
  assert.equal(about?.metadata?.['sha256'], createHash('sha256').update('a,b\n').digest('hex'));
  assert.equal(about?.contentType, 'text/csv');
  assert.match(nameOf(front.asked.filter(isUpload).at(-1) as Asked), /report\.json$/);
});

test('objects of 0 and 1 bytes, and around the size of a part, are the same in a Google bucket', async (t) => {
  const gcs = await startGcs(t);
  if (gcs === null) return;
  const root = temporaryVolume(t);
  const sizes = [0, 1, partBytes - 1, partBytes, partBytes + 1, 2 * partBytes, 2 * partBytes + 1];
  const files = Object.fromEntries(
    sizes.map((size) => [`of-${size}`, Buffer.alloc(size, `${size}`)] as const),
  );
  const key = await outputsOf(t, root, files);
  const { status, stderr } = await emissary(['wait'], { root, env: emulated(gcs.port) });
  assert.deepEqual([status, stderr], [0, '']);
  for (const [name, content] of Object.entries(files))
    assert.ok((await gcs.object(key(name))).equals(content), name);
  assert.deepEqual(
    (await gcs.keys()).filter((name) => name.includes('.emissary-')),
    [],
  );
});

test('a reporter that is killed in the middle of an object of Google goes on where it was', async (t) => {
  const gcs = await startGcs(t);
  if (gcs === null) return;
  let isHeld = true;
  const held = async (asked: Asked) => {
    if (partOf(asked) > 4) await until('parts may go on', () => !isHeld);
    return null;
  };
  const front = await startS3Front(t, gcs.port, held);
  const root = temporaryVolume(t);
  const large = Buffer.alloc(10 * partBytes + 5, 'some text that is repeated');
  const key = await outputsOf(t, root, { large });
  const env = emulated(front.port);
  const reporter = startEmissary(t, ['wait'], { root, env });
  await until('some parts wait', () => front.asked.some((asked) => partOf(asked) > 4));
  const isPart = (name: string) => name.includes('.emissary-');
  await until('four parts are stored', async () => (await gcs.keys()).filter(isPart).length >= 4);
  assert.ok(!(await gcs.keys()).includes(key('large')));
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
  assert.ok((await gcs.object(key('large'))).equals(large));
  assert.deepEqual((await gcs.keys()).filter(isPart), []);
});

test('a reporter that is killed when an object of Google was composed leaves no parts', async (t) => {
  const gcs = await startGcs(t);
  if (gcs === null) return;
  let isHeld = true;
  const held = async ({ method }: Asked) => {
    if (method === 'DELETE') await until('parts may be removed', () => !isHeld);
    return null;
  };
  const front = await startS3Front(t, gcs.port, held);
  const root = temporaryVolume(t);
  const key = await outputsOf(t, root, { large: Buffer.alloc(2 * partBytes) });
  const env = emulated(front.port);
  const reporter = startEmissary(t, ['wait'], { root, env });
  await until('it is composed', () => front.asked.some(({ method }) => method === 'DELETE'));
  reporter.kill('SIGKILL');
  await reporter.finished;
  isHeld = false;
  assert.ok((await gcs.keys()).includes(key('large')));
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(
    (await gcs.keys()).filter((name) => name.includes('.emissary-')),
    [],
  );
});

test('a large object of Google takes no more memory than a small one', async (t) => {
  const gcs = await startGcs(t);
  if (gcs === null) return;
  const front = await startS3Front(t, gcs.port, () => null);
  const root = temporaryVolume(t);
  const key = await outputsOf(t, root, { large: largeBytes });
  const reporter = startEmissary(t, ['wait'], { root, env: emulated(front.port) });
  let peak = 0;
  await until(
    'everything else is stored',
    () => {
      peak = Math.max(peak, peakBytes(reporter.pid));
      return (
        front.asked.some((asked) => /report\.json/.test(nameOf(asked))) || reporter.process.exitCode !== null
      );
    },
    600_000,
  );
  const { status, stderr } = await reporter.finished;
  assert.deepEqual([status, stderr], [0, '']);
  t.diagnostic(`${Math.round(peak / MiB)} MiB for an object of ${Math.round(largeBytes / MiB)} MiB`);
  assert.ok(peak > 0 && peak < memoryBytes, `${peak} bytes of memory`);
  assert.ok((await gcs.object(key('large'))).equals(Buffer.alloc(largeBytes)));
  assert.ok(front.asked.some(({ url }) => /step-1-1\/compose|step-1-1%2Fcompose/.test(url)));
  assert.deepEqual(
    (await gcs.keys()).filter((name) => name.includes('.emissary-')),
    [],
  );
});
