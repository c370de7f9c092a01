import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { emissary, type Finished } from '../helpers/emissary.ts';
import { freePort } from '../helpers/free-port.ts';
import { type GcsServer, startGcs } from '../helpers/gcs-server.ts';
import { type GoogleTokens, startGoogleTokens } from '../helpers/google-tokens.ts';
import { startProxy } from '../helpers/http-proxy.ts';
import { inputs } from '../helpers/inputs.ts';
import { runJob } from '../helpers/job.ts';
import { type Asked, type S3Front, startS3Front, type Treatment } from '../helpers/s3-front.ts';
import { pod } from '../helpers/saved.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A bucket behind a front that takes only the newest token. */
interface Guarded {
  readonly gcs: GcsServer;
  readonly front: S3Front;
  readonly tokens: GoogleTokens;
  readonly place: string;
  wait(env: Readonly<Record<string, string>>): Promise<Finished>;
}

const unauthorized: Treatment = {
  status: 401,
  code: '',
  body: JSON.stringify({ error: { code: 401, errors: [{ reason: 'authError' }], message: 'Invalid.' } }),
};

async function guarded(
  t: TestContext,
  treat: (asked: Asked, tokens: GoogleTokens) => Treatment = ({ headers }, tokens) =>
    tokens.isNewest(headers) ? null : unauthorized,
): Promise<Guarded | null> {
  const gcs = await startGcs(t);
  if (gcs === null) return null;
  const tokens = await startGoogleTokens(t);
  const front = await startS3Front(t, gcs.port, (asked) => treat(asked, tokens));
  const [root, place] = [temporaryVolume(t), temporaryVolume(t)];
  await runJob(t, ['echo', 'hello'], { root });
  const settings = { MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_URL: gcs.url('', front.port), HOME: place };
  const wait = (env: Readonly<Record<string, string>>) =>
    emissary(['wait'], { root, env: { ...settings, ...env } });
  return { gcs, front, tokens, place, wait };
}

function written(place: string, name: string, content: object | string): string {
  const path = join(place, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** Expects that everything was put, with tokens of one request. */
async function isPut({ gcs, tokens }: Guarded, { status, stderr }: Finished, asked: readonly string[]) {
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(tokens.asked, asked);
  assert.equal((await gcs.object('7/ctr/main/stdout')).toString(), 'hello\n');
}

test('a key of a service account gets tokens from the server that it names', async (t) => {
  const store = await guarded(t);
  if (store === null) return;
  const file = written(store.place, 'key.json', store.tokens.key);
  await isPut(store, await store.wait({ GOOGLE_APPLICATION_CREDENTIALS: file }), ['/token']);
});

test('a key of a service account may be the variable itself, and the login of gcloud counts', async (t) => {
  const store = await guarded(t);
  if (store === null) return;
  const text = JSON.stringify(store.tokens.key);
  assert.equal((await store.wait({ GOOGLE_APPLICATION_CREDENTIALS: text })).status, 0);
  mkdirSync(join(store.place, '.config/gcloud'), { recursive: true });
  written(store.place, '.config/gcloud/application_default_credentials.json', store.tokens.key);
  await isPut(store, await store.wait({}), ['/token', '/token']);
});

/** A pod's token that is exchanged for one of Google's. @returns its file */
const federated = ({ place, tokens }: Guarded, token: string) =>
  written(place, 'identity.json', {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${tokens.url}/sts`,
    credential_source: { file: written(place, 'token', token) },
  });

test('a federated identity exchanges its token', async (t) => {
  const store = await guarded(t);
  if (store === null) return;
  const file = federated(store, 'a token of the cluster');
  await isPut(store, await store.wait({ GOOGLE_APPLICATION_CREDENTIALS: file }), ['/sts']);
});

test('a federated identity whose token is refused ends with one sentence', async (t) => {
  const store = await guarded(t);
  if (store === null) return;
  const file = federated(store, 'secret-of-mine');
  const { status, stderr } = await store.wait({ GOOGLE_APPLICATION_CREDENTIALS: file });
  assert.equal(status, 64);
  assert.match(stderr, /there is no token for gs:\/\/results \(the token server answered 401\): check/);
  assert.doesNotMatch(stderr, /secret-of-mine/);
});

test('the metadata server of an instance gives tokens, and no proxy is asked for it', async (t) => {
  const store = await guarded(t);
  if (store === null) return;
  const env = { GCE_METADATA_HOST: store.tokens.host, HTTP_PROXY: 'http://127.0.0.1:1' };
  const path = '/computeMetadata/v1/instance/service-accounts/default/token';
  await isPut(store, await store.wait(env), [path]);
});

test('tokens and objects of Google come through a proxy, and its refusal is told', async (t) => {
  const store = await guarded(t);
  if (store === null) return;
  const proxy = await startProxy(t, 'u:p');
  const [tokens, objects] = [store.tokens.url, `http://127.0.0.1:${store.front.port}`].map((url) =>
    url.replace('127.0.0.1', 'tokens.example'),
  );
  const file = written(store.place, 'key.json', { ...store.tokens.key, token_uri: `${tokens}/token` });
  const env = {
    GOOGLE_APPLICATION_CREDENTIALS: file,
    EMISSARY_RESULTS_URL: `gs://results?endpoint=${objects}`,
    HTTP_PROXY: `http://u:p@127.0.0.1:${proxy.port}`,
  };
  const secure = { ...store.tokens.key, token_uri: 'https://tokens.example/token' };
  const refused = await store.wait({
    ...env,
    GOOGLE_APPLICATION_CREDENTIALS: written(store.place, 'secure.json', secure),
    HTTPS_PROXY: `http://u:wrong@127.0.0.1:${proxy.port}`,
  });
  assert.equal(refused.status, 64);
  assert.match(refused.stderr, /the proxy 127\.0\.0\.1:[0-9]+ of HTTPS_PROXY refused the connection \(407\)/);
  assert.doesNotMatch(refused.stderr, /wrong/);
  await isPut(store, await store.wait(env), ['/token']);
  assert.equal(proxy.asked.filter((asked) => asked === `POST ${tokens}/token`).length, 1);
  assert.ok(proxy.asked.some((asked) => asked.startsWith(`POST ${objects}/upload/`)));
});

test('a token that the store refuses on the way is replaced once, by the key as it is now', async (t) => {
  let isExpired = false;
  const store = await guarded(t, ({ headers, url }, tokens) => {
    // The first token expires with the first file.
    if (/uploadType/.test(url) && headers.authorization === 'Bearer token-1') isExpired = true;
    const isGood = headers.authorization === (isExpired ? 'Bearer token-2' : 'Bearer token-1');
    return isGood && tokens.isNewest(headers) ? null : unauthorized;
  });
  if (store === null) return;
  const file = written(store.place, 'key.json', store.tokens.key);
  await isPut(store, await store.wait({ GOOGLE_APPLICATION_CREDENTIALS: file }), ['/token', '/token']);
});

test('tokens that the store goes on refusing end with one sentence', async (t) => {
  const store = await guarded(t, () => unauthorized);
  if (store === null) return;
  const file = written(store.place, 'key.json', store.tokens.key);
  const { status, stderr } = await store.wait({ GOOGLE_APPLICATION_CREDENTIALS: file });
  assert.equal(status, 64);
  assert.match(stderr, /gs:\/\/results answered authError \(401\): check its credentials/);
  assert.doesNotMatch(stderr, /token-[0-9]|PRIVATE KEY/);
});

test('a key that the token server refuses ends with one sentence', async (t) => {
  const store = await guarded(t);
  if (store === null) return;
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const file = written(store.place, 'key.json', { ...store.tokens.key, private_key: privateKey });
  const { status, stderr } = await store.wait({ GOOGLE_APPLICATION_CREDENTIALS: file });
  assert.equal(status, 64);
  assert.match(
    stderr,
    /there is no token for gs:\/\/results \(the token server answered invalid_grant, 400\): check GOOGLE_APPLICATION_CREDENTIALS, and the clock/,
  );
  assert.doesNotMatch(stderr, /PRIVATE KEY|assertion/);
});

for (const [title, content, sentence] of [
  ['no JSON', 'secret-of-mine', /GOOGLE_APPLICATION_CREDENTIALS is not a file of Google's credentials/],
  ['of an unknown kind', { type: 'other', x: 'secret-of-mine' }, /of a kind that is not known here/],
  [
    'an unusable key',
    { type: 'service_account', client_email: 'a@b', private_key: 'secret-of-mine' },
    /there is no token for gs:\/\/results \(the key cannot be used/,
  ],
  [
    'a program that is to be started',
    { type: 'external_account', credential_source: { executable: { command: 'secret-of-mine' } } },
    /name a program, which is not started here/,
  ],
  [
    "a client's certificate",
    { type: 'external_account', credential_source: { certificate: { x: 'secret-of-mine' } } },
    /name a client's certificate, which is not used here/,
  ],
] as const)
  test(`credentials of Google are refused, and not shown: ${title}`, async (t) => {
    const store = await guarded(t);
    if (store === null) return;
    const file = written(store.place, 'key.json', content);
    const { status, stderr } = await store.wait({ GOOGLE_APPLICATION_CREDENTIALS: file });
    assert.equal(status, 64);
    assert.match(stderr, sentence);
    assert.doesNotMatch(stderr, /secret-of-mine/);
    assert.deepEqual(store.tokens.asked, []);
  });

test('without credentials of Google, the message says how to set them', async (t) => {
  const store = await guarded(t);
  if (store === null) return;
  const { status, stderr } = await store.wait({ GCE_METADATA_HOST: `127.0.0.1:${await freePort()}` });
  assert.equal(status, 64);
  assert.match(
    stderr,
    /there are no credentials for gs:\/\/results: set GOOGLE_APPLICATION_CREDENTIALS, or give the pod or the machine a service account/,
  );
});

test('an instance without a service account is refused with one sentence', async (t) => {
  const store = await guarded(t);
  if (store === null) return;
  store.tokens.refuse({ status: 404, body: {} });
  const { status, stderr } = await store.wait({ GCE_METADATA_HOST: store.tokens.host });
  assert.equal(status, 64);
  assert.match(stderr, /no token for gs:\/\/results \(metadata server, 404\): check the service account/);
});

test('the key of a Secret that a template names reads and writes objects', async (t) => {
  const store = await guarded(t);
  if (store === null) return;
  await store.gcs.put('in.txt', Buffer.from('input'));
  const secrets = join(store.place, 'secrets');
  mkdirSync(join(secrets, 'google'), { recursive: true });
  written(secrets, 'google/key.json', store.tokens.key);
  const gcs = {
    bucket: 'results',
    key: 'in.txt',
    endpoint: `http://127.0.0.1:${store.front.port}`,
    serviceAccountKeySecret: { name: 'google', key: 'key.json' },
  };
  const its = pod(t);
  const { status, stderr } = await its.init(inputs({ name: 'in', path: '/in', gcs }), {
    env: { EMISSARY_SECRETS_DIR: secrets },
  });
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(store.tokens.asked, ['/token']);
});

test("launch gives a pod's reporter the content of the key's file", async (t) => {
  const place = temporaryVolume(t);
  const key = JSON.stringify({ type: 'service_account', client_email: 'a@b' });
  const env = {
    EMISSARY_RESULTS_URL: 'gs://results',
    GOOGLE_APPLICATION_CREDENTIALS: written(place, 'key.json', key),
    XDG_STATE_HOME: place,
  };
  const pod = ['--engine', 'kubernetes', '--report', 'sidecar', '--namespace', 'jobs', '--image', 'x'];
  const args = ['launch', '--dry-run', ...pod, '--job-id', '7', '--', 'true'];
  const { status, stdout, stderr } = await emissary(args, { env });
  assert.equal(status, 0, stderr);
  const secrets = parseAllDocuments(stdout.toString()).map((document) => document.toJS());
  const { data } = secrets.find(({ metadata }) => metadata.name.endsWith('-report'));
  const variables = JSON.parse(Buffer.from(data['variables.json'], 'base64').toString());
  assert.equal(variables.GOOGLE_APPLICATION_CREDENTIALS, key);
  assert.doesNotMatch(stdout.toString(), /key\.json/);
});
