import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { inputs, served } from '../helpers/inputs.ts';
import { runJob } from '../helpers/job.ts';
import { pod } from '../helpers/saved.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A store of any kind, which only says when it wants to be asked again. */
async function busyStore(t: TestContext, status: number, retryAfter: () => string) {
  const asked: string[] = [];
  const host = await served(t, (request, answer) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    answer.writeHead(status, { 'retry-after': retryAfter(), 'content-type': 'text/plain' }).end('later');
  });
  return { host, asked };
}

const key = Buffer.from('key').toString('base64');
const stores: readonly (readonly [string, (host: string) => Readonly<Record<string, string>>])[] = [
  [
    's3',
    (host) => ({
      EMISSARY_RESULTS_URL: `s3://bucket?endpoint=http://${host}`,
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
    }),
  ],
  ['gs', (host) => ({ EMISSARY_RESULTS_URL: 'gs://bucket', STORAGE_EMULATOR_HOST: host })],
  [
    'azblob',
    (host) => ({
      EMISSARY_RESULTS_URL: 'azblob://container',
      AZURE_STORAGE_ACCOUNT: 'devstoreaccount1',
      AZURE_STORAGE_KEY: key,
      AZURE_STORAGE_BLOB_ENDPOINT: `http://${host}/devstoreaccount1`,
    }),
  ],
  ['http', (host) => ({ EMISSARY_RESULTS_URL: `http://${host}/results` })],
];

for (const [kind, settings] of stores)
  for (const status of [500, 503])
    test(`wait does not wait an hour for a store of ${kind} that answers ${status}, and says when it may be asked again`, async (t) => {
      const root = temporaryVolume(t);
      await runJob(t, ['true'], { root });
      const { host, asked } = await busyStore(t, status, () =>
        status === 500 ? '3599' : new Date(Date.now() + 3_599_000).toUTCString(),
      );
      const env = { MULTIFLEXI_JOB_ID: '7', EMISSARY_REPORT_SECONDS: '240', ...settings(host) };
      const { status: exit, stderr } = await emissary(['wait'], { root, env });
      assert.equal(exit, 64, stderr);
      assert.match(
        stderr,
        /^emissary: Cannot put the results into .*\(?50[03]\)?: it wants to be asked again in 3[56]\d\d s$/m,
      );
      // Several may be asked for at once, and nothing twice.
      assert.equal(new Set(asked).size, asked.length, asked.join());
    });

test('wait whose time is over while a store is busy says what the store has answered', async (t) => {
  const root = temporaryVolume(t);
  await runJob(t, ['true'], { root });
  const { host } = await busyStore(t, 503, () => '1');
  const env = {
    MULTIFLEXI_JOB_ID: '7',
    EMISSARY_REPORT_SECONDS: '6',
    EMISSARY_RESULTS_URL: `http://${host}`,
  };
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: Cannot put the results into http:[^\n]*503/m);
});

test('init does not wait an hour for the store of an input', async (t) => {
  const its = pod(t);
  const { host, asked } = await busyStore(t, 503, () => '3600');
  const s3 = { bucket: 'b', key: 'k', endpoint: host, insecure: true };
  const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  const { status, stderr } = await its.init(inputs({ name: 'in', path: '/in', s3 }), { env });
  assert.equal(status, 65);
  assert.match(stderr, /it wants to be asked again in 3600 s/);
  assert.equal(asked.length, 1);
});
