import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { inputs } from '../helpers/inputs.ts';
import { startS3 } from '../helpers/s3-server.ts';
import { pod } from '../helpers/saved.ts';

test('an artifact goes through S3 from the output of one job to the input of another', async (t) => {
  const store = await startS3(t);
  if (store === null) return;
  const its = pod(t);
  const secrets = join(dirname(its.root), 'secrets');
  mkdirSync(join(secrets, 's3'), { recursive: true });
  for (const [name, value] of Object.entries(store.credentials))
    writeFileSync(join(secrets, 's3', name), value);
  const s3 = {
    bucket: store.bucket,
    endpoint: `127.0.0.1:${store.port}`,
    insecure: true,
    accessKeySecret: { name: 's3', key: 'AWS_ACCESS_KEY_ID' },
    secretKeySecret: { name: 's3', key: 'AWS_SECRET_ACCESS_KEY' },
  };
  const template = {
    artifactRepository: { s3: { ...s3, keyFormat: 'all/{job}/{artifact}' } },
    outputs: {
      artifacts: [
        { name: 'bare', path: join(its.work, 'bare'), archive: { none: {} }, s3: { key: 'own/bare' } },
        { name: 'packed', path: join(its.work, 'packed') },
      ],
    },
  };
  const prepared = await its.init(template);
  assert.equal(prepared.status, 0, prepared.stderr);
  const bytes = randomBytes(20_000_000);
  writeFileSync(join(its.work, 'bare'), bytes);
  await its.run('mkdir packed; echo content > packed/file');
  const env = { EMISSARY_SECRETS_DIR: secrets, EMISSARY_TEMPLATE: JSON.stringify(template) };
  const { status, stderr } = await emissary(['wait'], {
    root: its.root,
    env: { ...env, MULTIFLEXI_JOB_ID: '7' },
  });
  assert.equal(status, 0, stderr);
  assert.deepEqual(store.keys(), ['all/7/packed.tgz', 'own/bare']);
  const other = pod(t);
  const fetched = await other.init(
    inputs(
      { name: 'bare', path: '/bare', s3: { ...s3, key: 'own/bare' } },
      { name: 'packed', path: '/packed', s3: { ...s3, key: 'all/7/packed.tgz' } },
    ),
    { env: { EMISSARY_SECRETS_DIR: secrets } },
  );
  assert.equal(fetched.status, 0, fetched.stderr);
  assert.deepEqual(readFileSync(join(other.root, 'inputs/artifacts/bare')), bytes);
  assert.equal(readFileSync(join(other.root, 'inputs/artifacts/packed/file'), 'utf8'), 'content\n');
});
