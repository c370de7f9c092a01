import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { startGcs } from '../helpers/gcs-server.ts';
import { runJob } from '../helpers/job.ts';
import { type Asked, startS3Front } from '../helpers/s3-front.ts';
import { startS3 } from '../helpers/s3-server.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const partBytes = 8 * 2 ** 20;
const large = Buffer.alloc(5 * partBytes + 5, 'some text that is repeated');
const nameOf = ({ url }: Asked) => new URL(url, 'http://front').searchParams.get('name') ?? '';
const googles = (asked: Asked) => Number(/\/part-([0-9]+)$/.exec(nameOf(asked))?.[1]);
const amazons = ({ url }: Asked) => Number(/partNumber=(\d+)/.exec(url)?.[1]);

/** Holds the parts behind the second one until it is released. */
function holding(partOf: (asked: Asked) => number) {
  let isHeld = true;
  return {
    release: () => {
      isHeld = false;
    },
    treat: async (asked: Asked) => {
      if (partOf(asked) > 2) await until('parts may go on', () => !isHeld);
      return null;
    },
  };
}

test('a part of Google that is no longer what it was is put again, and the object is the file', async (t) => {
  const gcs = await startGcs(t);
  if (gcs === null) return;
  const { release, treat } = holding(googles);
  const front = await startS3Front(t, gcs.port, treat);
  const [root, made] = [temporaryVolume(t), temporaryVolume(t)];
  writeFileSync(join(made, 'large'), large);
  const artifacts = [{ name: 'a', path: join(made, 'large'), archive: { none: {} } }];
  await runJob(t, ['true'], { root, template: { outputs: { artifacts } } });
  const env = {
    MULTIFLEXI_JOB_ID: '7',
    STORAGE_EMULATOR_HOST: `127.0.0.1:${front.port}`,
    EMISSARY_RESULTS_URL: 'gs://results/a//b',
  };
  const reporter = startEmissary(t, ['wait'], { root, env });
  const key = `a//b/7/outputs/artifacts${made}/large`;
  const parts = async () => (await gcs.keys()).filter((name) => name.includes('.emissary-'));
  await until('two parts are stored', async () => (await parts()).length >= 2);
  reporter.kill('SIGKILL');
  await reporter.finished;
  release();
  const [first = '', second = ''] = await parts();
  // Bytes of a key are what they are.
  assert.ok(first.startsWith(`a//b/7/outputs/artifacts${made}/.emissary-`), first);
  await gcs.put(second, Buffer.alloc(partBytes, 'other bytes'));
  const before = front.asked.length;
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.deepEqual([status, stderr], [0, '']);
  const again = front.asked.slice(before).map(googles);
  assert.deepEqual([again.includes(1), again.includes(2)], [false, true]);
  assert.ok((await gcs.object(key)).equals(large));
  assert.deepEqual(await parts(), []);
});

test('an upload in parts is not left behind when the rest of it is to be one small object', async (t) => {
  const s3 = await startS3(t);
  if (s3 === null) return;
  const { release, treat } = holding(amazons);
  const front = await startS3Front(t, s3.port, treat);
  const root = temporaryVolume(t);
  await runJob(t, ['sh', '-c', `head -c ${5 * partBytes} /dev/zero | tr '\\0' x`], { root });
  const env = { ...s3.credentials, MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_URL: s3.url('', front.port) };
  const reporter = startEmissary(t, ['wait'], { root, env });
  await until('two parts are stored', () => s3.parts() >= 2);
  reporter.kill('SIGKILL');
  await reporter.finished;
  release();
  const short = { ...env, EMISSARY_LOG_LIMIT_BYTES: '1000' };
  const { status, stderr } = await emissary(['wait'], { root, env: short });
  assert.equal(status, 64, stderr);
  assert.match(stderr, /has more bytes than the 1000 that are stored/);
  assert.equal(s3.object('7/ctr/main/stdout').toString(), 'x'.repeat(1000));
  assert.equal(s3.uploads(), 0);
});
