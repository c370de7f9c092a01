import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ContainerSASPermissions } from '@azure/storage-blob';
import { azuriteKey, startAzurite } from '../helpers/azurite.ts';
import { emissary } from '../helpers/emissary.ts';
import { inputs, served } from '../helpers/inputs.ts';
import { type Pod, pod } from '../helpers/saved.ts';

const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

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
  ['of one block', randomBytes(1000)],
  ['of exactly one part', randomBytes(8 * 1024 * 1024)],
  ['of several blocks', randomBytes(20_000_001)],
] as const)
  test(`wait puts an artifact ${title} into an Azure container, and init fetches it`, async (t) => {
    const [its, azurite] = [pod(t), await startAzurite(t)];
    const blob = 'a b/č+@#?%{}😀.bin';
    const azure = {
      endpoint: azurite.endpoint,
      container: 'jobs',
      blob,
      accountKeySecret: { name: 'azure', key: 'key' },
    };
    const secrets = join(dirname(its.root), 'secrets');
    mkdirSync(join(secrets, 'azure'), { recursive: true });
    writeFileSync(join(secrets, 'azure/key'), azuriteKey);
    const env = { EMISSARY_SECRETS_DIR: secrets };
    const { status, stderr } = await report(its, output(its, { azure }), bytes, env);
    assert.equal(status, 0, stderr);
    const client = azurite.container.getBlobClient(blob);
    assert.deepEqual(await client.downloadToBuffer(), bytes);
    assert.equal((await client.getProperties()).metadata?.['sha256'], sha256Of(bytes));
    const other = pod(t);
    const fetched = await other.init(
      inputs({ name: 'in', path: '/in', azure: { ...azure, sha256: sha256Of(bytes) } }),
      { env },
    );
    assert.equal(fetched.status, 0, fetched.stderr);
    assert.deepEqual(readFileSync(join(other.root, 'inputs/artifacts/in')), bytes);
  });

test('wait puts artifacts without a place of their own into the repository', async (t) => {
  const [its, azurite] = [pod(t), await startAzurite(t)];
  const template = {
    ...output(its, { archive: { tar: {} } }),
    artifactRepository: { azure: { container: 'jobs', blobNameFormat: 'all/{job}' } },
  };
  const env = { ...azurite.env, MULTIFLEXI_JOB_ID: '42' };
  const { status, stderr } = await report(its, template, Buffer.from('content'), env);
  assert.equal(status, 0, stderr);
  const names: string[] = [];
  for await (const { name } of azurite.container.listBlobsFlat()) names.push(name);
  assert.deepEqual(names, ['all/42/out.tgz']);
});

test('wait puts an artifact although another upload has left blocks', async (t) => {
  const [its, azurite] = [pod(t), await startAzurite(t)];
  const id = Buffer.from('x'.repeat(48)).toString('base64');
  await azurite.container.getBlockBlobClient('out').stageBlock(id, 'left', 4);
  const bytes = randomBytes(20_000_000);
  const template = output(its, { azure: { container: 'jobs', blob: 'out' } });
  const { status, stderr } = await report(its, template, bytes, azurite.env);
  assert.equal(status, 0, stderr);
  assert.deepEqual(await azurite.container.getBlobClient('out').downloadToBuffer(), bytes);
});

test('init fetches a blob that is marked as gzip-encoded as it is stored', async (t) => {
  const [its, azurite] = [pod(t), await startAzurite(t)];
  const bytes = gzipSync(randomBytes(10_000_000));
  await azurite.container.getBlockBlobClient('in.tar.gz').uploadData(bytes, {
    blobHTTPHeaders: { blobContentEncoding: 'gzip' },
  });
  const azure = { container: 'jobs', blob: 'in.tar.gz', sha256: sha256Of(bytes) };
  const template = inputs({ name: 'in', path: '/in', archive: { none: {} }, azure });
  const { status, stderr } = await its.init(template, { env: azurite.env });
  assert.equal(status, 0, stderr);
  assert.deepEqual(readFileSync(join(its.root, 'inputs/artifacts/in')), bytes);
});

test('a signature of Azure that has expired is read again from its file', async (t) => {
  const [its, azurite] = [pod(t), await startAzurite(t)];
  const signature = async (ms: number) =>
    new URL(
      await azurite.container.generateSasUrl({
        permissions: ContainerSASPermissions.parse('racwdl'),
        startsOn: new Date(Date.now() - 3_600_000),
        expiresOn: new Date(Date.now() + ms),
      }),
    ).search;
  await azurite.container.getBlockBlobClient('in').uploadData(Buffer.from('input'));
  const file = join(its.work, 'signature');
  writeFileSync(file, await signature(-60_000));
  const template = inputs({ name: 'in', path: '/in', azure: { container: 'jobs', blob: 'in' } });
  const env = { AZURE_STORAGE_BLOB_ENDPOINT: azurite.endpoint, AZURE_STORAGE_SAS_TOKEN_FILE: file };
  const expired = await its.init(template, { env });
  assert.equal(expired.status, 65);
  assert.match(expired.stderr, /its signature expired at [-0-9T:.Z]+; renew AZURE_STORAGE_SAS_TOKEN/);
  assert.doesNotMatch(expired.stderr, /sig=/);
  writeFileSync(file, await signature(3_600_000));
  const { status, stderr } = await its.init(template, { env });
  assert.equal(status, 0, stderr);
});

test('an upload to Azure goes on with a new signature when the first one has expired', async (t) => {
  const [its, azurite] = [pod(t), await startAzurite(t)];
  const signature = async () =>
    new URL(
      await azurite.container.generateSasUrl({
        permissions: ContainerSASPermissions.parse('racwdl'),
        expiresOn: new Date(Date.now() + 3_600_000 + Math.random() * 60_000),
      }),
    ).search;
  const [first, second] = [await signature(), await signature()];
  const file = join(its.work, 'signature');
  writeFileSync(file, first);
  const signatureIn = (search: string) => new URLSearchParams(search).get('sig');
  let refused = 0;
  const front = await served(t, (request, answer) => {
    const { search, searchParams } = new URL(request.url ?? '', 'http://front');
    // It expires with the first block.
    if (searchParams.get('comp') === 'block' && signatureIn(search) === signatureIn(first)) {
      refused += 1;
      writeFileSync(file, second);
      request.resume();
      answer.writeHead(403, { 'x-ms-error-code': 'AuthenticationFailed' }).end();
      return;
    }
    const to = new URL(request.url ?? '', azurite.endpoint);
    const { method, headers } = request;
    const asked = httpRequest(to, { method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 0, got.headers);
      got.pipe(answer);
    });
    request.pipe(asked);
  });
  const bytes = randomBytes(30_000_000);
  const template = output(its, { azure: { container: 'jobs', blob: 'out' } });
  const { status, stderr } = await report(its, template, bytes, {
    AZURE_STORAGE_BLOB_ENDPOINT: azurite.endpoint.replace(/127\.0\.0\.1:[0-9]+/, front),
    AZURE_STORAGE_SAS_TOKEN_FILE: file,
  });
  assert.equal(status, 0, stderr);
  assert.ok(refused > 0);
  assert.deepEqual(await azurite.container.getBlobClient('out').downloadToBuffer(), bytes);
});

test('a missing container, blob, account and key of Azure are each named', async (t) => {
  const [its, azurite] = [pod(t), await startAzurite(t)];
  const init = (azure: object, env: Readonly<Record<string, string>> = azurite.env) =>
    its.init(inputs({ name: 'in', path: '/in', azure }), { env });
  const [blob, container, key, account] = [
    await init({ container: 'jobs', blob: 'none' }),
    await init({ container: 'none', blob: 'none' }),
    await init({ container: 'jobs', blob: 'none' }, { ...azurite.env, AZURE_STORAGE_KEY: 'QUJD' }),
    await init({ container: 'jobs', blob: 'none' }, {}),
  ];
  assert.match(blob.stderr, /azblob:\/\/jobs has no object "none"/);
  assert.match(container.stderr, /azblob:\/\/none does not exist: make the container/);
  assert.match(key.stderr, /answered \w+ \(403\): check AZURE_STORAGE_KEY/);
  assert.match(account.stderr, /There is no account for the Azure container: set AZURE_STORAGE_ACCOUNT/);
  assert.doesNotMatch(key.stderr, /QUJD/);
});
