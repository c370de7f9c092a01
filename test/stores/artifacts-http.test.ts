import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { emissary } from '../helpers/emissary.ts';
import { inputs, served } from '../helpers/inputs.ts';
import { type Nginx, startNginx } from '../helpers/nginx.ts';
import { requireProgram } from '../helpers/require.ts';
import { type Pod, pod } from '../helpers/saved.ts';

/** A secret as Kubernetes mounts it. @returns the directory of all secrets */
function secretDirectory(its: Pod, name: string, keys: Readonly<Record<string, string>>): string {
  const directory = join(dirname(its.root), 'secrets');
  mkdirSync(join(directory, name), { recursive: true });
  for (const [key, value] of Object.entries(keys)) writeFileSync(join(directory, name, key), value);
  return directory;
}

const basicAuth = {
  basicAuth: {
    usernameSecret: { name: 'web', key: 'user' },
    passwordSecret: { name: 'web', key: 'password' },
  },
};

async function start(t: TestContext): Promise<{ readonly its: Pod; readonly server: Nginx } | null> {
  if (!requireProgram(t, 'nginx')) return null;
  return { its: pod(t), server: await startNginx(t) };
}

/** Runs a job that writes `out`, and reports it. */
async function report(its: Pod, template: object, env: Readonly<Record<string, string>> = {}) {
  const text = JSON.stringify(template);
  assert.equal((await its.init(template)).status, 0);
  await its.run('printf content > out; mkdir -p tree/sub; echo a > tree/a');
  return emissary(['wait'], { root: its.root, env: { EMISSARY_TEMPLATE: text, ...env } });
}

const output = (its: Pod, more: object, name = 'out') => ({
  outputs: { artifacts: [{ name, path: join(its.work, 'out'), archive: { none: {} }, ...more }] },
});

test('wait puts an artifact to the http address of the template, once', async (t) => {
  const all = await start(t);
  if (all === null) return;
  const { its, server } = all;
  const template = output(its, { http: { url: `${server.url}/a%20b/č+.txt` } });
  const first = await report(its, template);
  assert.equal(first.status, 0, first.stderr);
  assert.equal(JSON.parse(first.stdout.toString()).exitCode, 0);
  assert.equal(readFileSync(join(server.files, 'a b/č+.txt'), 'utf8'), 'content');
  const again = await emissary(['wait'], {
    root: its.root,
    env: { EMISSARY_TEMPLATE: JSON.stringify(template) },
  });
  assert.equal(again.status, 0, again.stderr);
  assert.equal(server.requests().filter((line) => line.startsWith('PUT')).length, 1);
});

test('wait puts an artifact with the credentials of a mounted Secret', async (t) => {
  const all = await start(t);
  if (all === null) return;
  const { its, server } = all;
  const secrets = secretDirectory(its, 'web', { user: 'u', password: 'p w' });
  const template = output(its, { http: { url: `${server.url}/private/out`, auth: basicAuth } });
  const { status, stderr } = await report(its, template, { EMISSARY_SECRETS_DIR: secrets });
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(join(server.files, 'private/out'), 'utf8'), 'content');
});

test('wait names the artifact that a server refuses, and exits with 64', async (t) => {
  const all = await start(t);
  if (all === null) return;
  const { its, server } = all;
  const template = output(its, { http: { url: `${server.url}/private/out?token=hidden` } });
  const { status, stderr } = await report(its, template);
  assert.equal(status, 64);
  assert.match(stderr, /Cannot put artifact "out": the server answered 401: it wants other credentials/);
  assert.doesNotMatch(stderr, /hidden/);
});

test('wait puts no artifact for a template that only the volume has', async (t) => {
  const all = await start(t);
  if (all === null) return;
  const { its, server } = all;
  const template = output(its, { http: { url: `${server.url}/out` } });
  const { status, stderr } = await report(its, template, { EMISSARY_TEMPLATE: '' });
  assert.equal(status, 64);
  assert.match(stderr, /give it to the reporter, too \(EMISSARY_TEMPLATE\)/);
  assert.equal(existsSync(join(server.files, 'out')), false);
});

test('wait puts an artifact of 40 MB when a first server answer was 503', async (t) => {
  const its = pod(t);
  const got: { status: number; hash: string }[] = [];
  const host = await served(t, async (request, answer) => {
    if (request.method !== 'PUT') return void answer.writeHead(405).end();
    const hash = createHash('sha256');
    for await (const piece of request) hash.update(piece as Buffer);
    const status = got.length === 0 ? 503 : 201;
    got.push({ status, hash: hash.digest('hex') });
    answer.writeHead(status).end();
  });
  const template = output(its, { http: { url: `http://${host}/out` } });
  assert.equal((await its.init(template)).status, 0);
  const bytes = randomBytes(40_000_000);
  writeFileSync(join(its.work, 'out'), bytes);
  await its.run('true');
  const env = { EMISSARY_TEMPLATE: JSON.stringify(template) };
  const { status, stderr } = await emissary(['wait'], { root: its.root, env });
  assert.equal(status, 0, stderr);
  const hash = createHash('sha256').update(bytes).digest('hex');
  assert.deepEqual(got, [
    { status: 503, hash },
    { status: 201, hash },
  ]);
});

test('init fetches an http input with the credentials of a mounted Secret', async (t) => {
  const all = await start(t);
  if (all === null) return;
  const { its, server } = all;
  mkdirSync(join(server.files, 'private'));
  writeFileSync(join(server.files, 'private/in'), 'input');
  const secrets = secretDirectory(its, 'web', { user: 'u\n', password: 'p w\n' });
  const template = inputs({
    name: 'in',
    path: '/in',
    http: { url: `${server.url}/private/in`, auth: basicAuth },
  });
  const missing = await its.init(template);
  assert.equal(missing.status, 65);
  assert.match(
    missing.stderr,
    /Cannot read key user of Secret web: \/argo\/secret\/web\/user: .*; mount it, or set EMISSARY_SECRETS_DIR or EMISSARY_HTTP_USER/,
  );
  const { status, stderr } = await its.init(template, { env: { EMISSARY_SECRETS_DIR: secrets } });
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(join(its.root, 'inputs/artifacts/in'), 'utf8'), 'input');
});

test('init fetches an http input without credentials if its Secret is optional and not mounted', async (t) => {
  const all = await start(t);
  if (all === null) return;
  const { its, server } = all;
  writeFileSync(join(server.files, 'public'), 'input');
  const usernameSecret = { name: 'web', key: 'user', optional: true };
  const http = { url: `${server.url}/public`, auth: { basicAuth: { usernameSecret } } };
  const { status, stderr } = await its.init(inputs({ name: 'in', path: '/in', http }));
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(join(its.root, 'inputs/artifacts/in'), 'utf8'), 'input');
});

test('init keeps a .tar.gz that the server marks as gzip-encoded as it is stored', async (t) => {
  const its = pod(t);
  const bytes = gzipSync('not a tar');
  const host = await served(t, (_request, answer) => {
    answer.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/x-tar' }).end(bytes);
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const http = { url: `http://${host}/in.tar.gz`, sha256 };
  const { status, stderr } = await its.init(inputs({ name: 'in', path: '/in', archive: { none: {} }, http }));
  assert.equal(status, 0, stderr);
  assert.deepEqual(readFileSync(join(its.root, 'inputs/artifacts/in')), bytes);
});

test('launch puts the artifacts of its template', async (t) => {
  const all = await start(t);
  if (all === null) return;
  const { its, server } = all;
  const template = join(its.work, 'template');
  writeFileSync(template, JSON.stringify(output(its, { http: { url: `${server.url}/out` } })));
  const args = ['launch', '--template', template, '--', 'sh', '-c', `printf content > ${its.work}/out`];
  const { status, stderr } = await emissary(args);
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(join(server.files, 'out'), 'utf8'), 'content');
});

for (const bytes of [10, 5_000_000, 41_943_040])
  test(`wait does not take an answer for a stored artifact of ${bytes} bytes that the server did not read`, async (t) => {
    const its = pod(t);
    // A proxy, or a page to log in, may say 200 to anything.
    const host = await served(t, (request, answer) => {
      answer.writeHead(200, { 'content-length': 7 }).end('welcome', () => request.socket.destroy());
    });
    const path = join(its.work, 'large');
    const template = {
      outputs: {
        artifacts: [{ name: 'large', path, archive: { none: {} }, http: { url: `http://${host}/large` } }],
      },
    };
    assert.equal((await its.init(template)).status, 0);
    await its.run(`head -c ${bytes} /dev/zero > large`);
    const env = { EMISSARY_TEMPLATE: JSON.stringify(template), EMISSARY_REPORT_SECONDS: '2' };
    const { status, stderr } = await emissary(['wait'], { root: its.root, env });
    assert.equal(status, 64, stderr);
    assert.match(
      stderr,
      bytes > 8 * 2 ** 20
        ? /The artifacts' stores was not updated in time/
        : /has 7 bytes of|was not updated in time/,
    );
  });

for (const [secret, sentence] of [
  [{ name: 'Web', key: 'user' }, /name: must be the name of a Secret/],
  [{ name: 'web_1', key: 'user' }, /name: must be the name of a Secret/],
  [{ name: 'web.', key: 'user' }, /name: must be the name of a Secret/],
  [{ name: 'web', key: '..data' }, /key: must be a key of a Secret/],
  [{ name: 'web', key: 'a/b' }, /key: must be a key of a Secret/],
] as const)
  test(`init refuses the Secret ${secret.name}, ${secret.key}, which Kubernetes does not have`, async (t) => {
    const its = pod(t);
    const auth = { basicAuth: { usernameSecret: secret } };
    const http = { url: 'http://127.0.0.1:1/in', auth };
    const { status, stderr } = await its.init(inputs({ name: 'in', path: '/in', http }));
    assert.equal(status, 64);
    assert.match(stderr, sentence);
  });
