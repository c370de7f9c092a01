import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeCertificate } from '../helpers/certificate.ts';
import { emissary } from '../helpers/emissary.ts';
import { startProxy } from '../helpers/http-proxy.ts';
import { runJob } from '../helpers/job.ts';
import { startS3Front } from '../helpers/s3-front.ts';
import { type S3Server, startS3 } from '../helpers/s3-server.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** Runs a job that prints a line, and reports it with these variables. */
async function report(t: TestContext, env: Readonly<Record<string, string>>, names: readonly string[] = []) {
  const [root, made] = [temporaryVolume(t), temporaryVolume(t)];
  for (const name of names) writeFileSync(join(made, name), `the file ${name}`);
  const artifacts = names.map((name, index) => ({
    name: `a${index}`,
    path: join(made, name),
    archive: { none: {} },
  }));
  await runJob(t, ['echo', 'hello'], { root, template: { outputs: { artifacts } } });
  return { made, ...(await emissary(['wait'], { root, env: { MULTIFLEXI_JOB_ID: '7', ...env } })) };
}

const stored = (s3: S3Server, key: string) => s3.object(key).toString();

test('file names with any characters are kept exactly as keys', async (t) => {
  const s3 = await startS3(t);
  if (s3 === null) return;
  const names = [
    'a b',
    'plus+and&and=',
    'at@(round)[square]{curly}',
    '100%',
    '100%25',
    'žluťoučký',
    '🐎',
    'quote\'"',
    '#hash?query',
    'semi;colon,comma',
    '~tilde^caret`|<>',
    '..two.dots..',
  ];
  const { status, stderr, made } = await report(
    t,
    { ...s3.credentials, EMISSARY_RESULTS_URL: s3.url('/a b+c') },
    names,
  );
  assert.deepEqual([status, stderr], [0, '']);
  for (const name of names)
    assert.equal(stored(s3, `a b+c/7/outputs/artifacts${made}/${name}`), `the file ${name}`);
});

test('keys follow the template of EMISSARY_RESULTS_KEY, or that of the address', async (t) => {
  const s3 = await startS3(t);
  if (s3 === null) return;
  const forms: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['/first', { EMISSARY_RESULTS_KEY: '{container}/{job}/{file}' }],
    ['/second/{path}/of-{job}', {}],
    ['', { EMISSARY_RESULTS_KEY: 'third-{job}/{path}' }],
  ];
  for (const [path, env] of forms) {
    const { status, stderr } = await report(t, {
      ...s3.credentials,
      ...env,
      EMISSARY_RESULTS_URL: s3.url(path),
    });
    assert.deepEqual([status, stderr], [0, '']);
  }
  for (const key of ['first/main/7/stdout', 'second/ctr/main/stdout/of-7', 'third-7/ctr/main/stdout'])
    assert.equal(stored(s3, key), 'hello\n');
  for (const key of ['first/7/report.json', 'second/report.json/of-7', 'third-7/report.json'])
    assert.equal(JSON.parse(stored(s3, key)).exitCode, 0);
});

test('an address or a template that cannot be used is refused before the job is followed, and not shown', async (t) => {
  const wrong: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ EMISSARY_RESULTS_URL: 'secret' }, /EMISSARY_RESULTS_URL is not the address of an object store/],
    [
      { EMISSARY_RESULTS_URL: 'ftp://secret/x' },
      /EMISSARY_RESULTS_URL is not the address of an object store/,
    ],
    [
      { EMISSARY_RESULTS_URL: 's3://user:secret@bucket' },
      /EMISSARY_RESULTS_URL contains a user name or password/,
    ],
    [{ EMISSARY_RESULTS_URL: 's3://b/%zz' }, /a % in its path is not followed by two hexadecimal digits/],
    [{ EMISSARY_RESULTS_URL: 's3://b/{job}' }, /has neither \{path\} nor \{container\} and \{file\}/],
    [
      { EMISSARY_RESULTS_URL: 's3://b', EMISSARY_RESULTS_KEY: '{secret}' },
      /EMISSARY_RESULTS_KEY: a key may have/,
    ],
    [
      { EMISSARY_RESULTS_URL: 's3://b/{path}', EMISSARY_RESULTS_KEY: '{path}' },
      /and EMISSARY_RESULTS_KEY another one/,
    ],
    [
      { EMISSARY_RESULTS_URL: 's3://b/latest/{path}' },
      /^emissary: EMISSARY_RESULTS_URL: the template of keys has no \{job\}: each job would replace the files of the one before\n$/,
    ],
    [
      { EMISSARY_RESULTS_URL: 'https://h/x', EMISSARY_RESULTS_KEY: '{container}/{file}' },
      /^emissary: EMISSARY_RESULTS_KEY: the template of keys has no \{job\}/,
    ],
  ];
  for (const [env, message] of wrong) {
    const all = { MULTIFLEXI_JOB_ID: '7', ...env };
    const { status, stderr } = await emissary(['wait'], { root: temporaryVolume(t), env: all });
    assert.equal(status, 64);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /secret/);
  }
  const parameter = {
    EMISSARY_RESULTS_URL: 's3://bucket?password=secret',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
  };
  const { status, stderr } = await report(t, parameter);
  assert.equal(status, 64);
  assert.match(stderr, /s3:\/\/bucket has a parameter that is none of endpoint, region/);
  assert.doesNotMatch(stderr, /secret/);
});

test('a bucket with dots on a server with a private authority works over TLS', async (t) => {
  const certificate = makeCertificate(t, 'IP:127.0.0.1');
  const s3 = await startS3(t, { bucket: 'with.dots.example', certificate });
  if (s3 === null) return;
  const env = { ...s3.credentials, EMISSARY_RESULTS_URL: s3.url('/p') };
  const unknown = await report(t, env);
  assert.equal(unknown.status, 64);
  assert.match(unknown.stderr, /is not trusted \(.*\); name its authority's file in EMISSARY_STORE_CA_FILE/);
  for (const variable of ['EMISSARY_STORE_CA_FILE', 'AWS_CA_BUNDLE']) {
    const { status, stderr } = await report(t, { ...env, [variable]: certificate.path });
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(stored(s3, 'p/7/ctr/main/stdout'), 'hello\n');
  }
});

test('a store is reached through the proxy of the environment', async (t) => {
  const s3 = await startS3(t);
  if (s3 === null) return;
  const proxy = await startProxy(t, 'name:secret');
  const url = s3.url().replace('127.0.0.1', 'store.example');
  const HTTP_PROXY = `http://name:secret@127.0.0.1:${proxy.port}`;
  const { status, stderr } = await report(t, { ...s3.credentials, EMISSARY_RESULTS_URL: url, HTTP_PROXY });
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok(proxy.asked.every((asked) => asked.includes('http://store.example')));
  assert.equal(stored(s3, '7/ctr/main/stdout'), 'hello\n');
});

test('encryption by the server is asked for, and its key', async (t) => {
  const s3 = await startS3(t);
  if (s3 === null) return;
  // This server has no keys.
  const front = await startS3Front(t, s3.port, ({ method }) =>
    method === 'PUT' ? { status: 501, code: 'ServerSideEncryptionConfigurationNotFoundError' } : null,
  );
  const url = `${s3.url('', front.port)}&sse=aws:kms&kms-key=of-mine`;
  const { status, stderr } = await report(t, {
    ...s3.credentials,
    EMISSARY_RESULTS_URL: url,
    EMISSARY_REPORT_SECONDS: '2',
  });
  assert.equal(status, 64, stderr);
  const [put] = front.asked.filter(({ method }) => method === 'PUT');
  assert.equal(put?.headers['x-amz-server-side-encryption'], 'aws:kms');
  assert.equal(put?.headers['x-amz-server-side-encryption-aws-kms-key-id'], 'of-mine');
});
