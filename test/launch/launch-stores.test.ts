import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { startGcs } from '../helpers/gcs-server.ts';
import { startGoogleTokens } from '../helpers/google-tokens.ts';
import { startProxy } from '../helpers/http-proxy.ts';
import { served } from '../helpers/inputs.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { passesInput, throughStore } from '../helpers/pod-store.ts';
import { startS3Front } from '../helpers/s3-front.ts';
import { startS3 } from '../helpers/s3-server.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const input = randomBytes(300_000);

for (const name of ['docker', 'podman', 'docker elsewhere'] as const)
  test(`${name}: a template's input comes from its store, its artifacts go there, and the container sees neither Secrets nor variables`, async (t) => {
    const launcher = await launcherOf(t, name);
    const store = launcher === null ? null : await startS3(t, { bucket: 'jobs' });
    if (launcher === null || store === null) return;
    mkdirSync(dirname(store.path('in/input')));
    writeFileSync(store.path('in/input'), input);
    const directory = temporaryVolume(t);
    const template = join(directory, 'template.json');
    const options = ['--template', template, '--job-id', '7'];
    const { AWS_ACCESS_KEY_ID: access = '', AWS_SECRET_ACCESS_KEY: secret = '' } = store.credentials;
    const s3 = { bucket: store.bucket, endpoint: `127.0.0.1:${store.port}`, insecure: true };
    const hidden = new RegExp(`${access}|${secret.replace(/[+/]/g, '.')}`);
    // By variables,
    writeFileSync(template, JSON.stringify(throughStore(s3)));
    const first = await launcher.script(passesInput, { options, env: store.credentials });
    assert.equal(first.status, 0, first.stderr);
    assert.doesNotMatch(first.stdout.toString() + first.stderr, hidden);
    assert.deepEqual(store.keys(), ['all/7/other', 'in/input', 'out/own']);
    assert.ok(store.object('out/own').equals(input));
    // and by files, in the place of a cluster's Secrets.
    mkdirSync(join(directory, 'secrets/store'), { recursive: true });
    writeFileSync(join(directory, 'secrets/store/access'), access);
    writeFileSync(join(directory, 'secrets/store/secret'), `${secret}\n`);
    const named = {
      ...s3,
      accessKeySecret: { name: 'store', key: 'access' },
      secretKeySecret: { name: 'store', key: 'secret' },
    };
    writeFileSync(store.path('in/input'), 'again');
    writeFileSync(template, JSON.stringify(throughStore(named)));
    const env = { EMISSARY_SECRETS_DIR: join(directory, 'secrets') };
    const second = await launcher.script(passesInput, { options, env });
    assert.equal(second.status, 0, second.stderr);
    assert.doesNotMatch(second.stdout.toString() + second.stderr, hidden);
    assert.equal(store.object('out/own').toString(), 'again');
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

for (const name of ['docker', 'podman'] as const)
  test(`${name}: inputs come through the launcher's proxy, from its emulator, and with its login of gcloud`, async (t) => {
    const launcher = await launcherOf(t, name);
    const gcs = launcher === null ? null : await startGcs(t);
    if (launcher === null || gcs === null) return;
    const tokens = await startGoogleTokens(t);
    const front = await startS3Front(t, gcs.port, () => null);
    const proxy = await startProxy(t);
    const web = (await served(t, (_request, answer) => void answer.end('of the web'))).replace(
      '127.0.0.1',
      'web.example',
    );
    await gcs.put('in', Buffer.from('of the bucket'));
    const directory = temporaryVolume(t);
    const template = join(directory, 'template.json');
    const login = join(directory, '.config/gcloud');
    mkdirSync(login, { recursive: true });
    writeFileSync(join(login, 'application_default_credentials.json'), JSON.stringify(tokens.key));
    const given = (endpoint: object) => {
      const gcsPlace = { bucket: gcs.bucket, key: 'in', ...endpoint };
      const artifacts = [
        { name: 'object', path: '/tmp/object', gcs: gcsPlace },
        { name: 'page', path: '/tmp/page', http: { url: `http://${web}/page` } },
      ];
      writeFileSync(template, JSON.stringify({ inputs: { artifacts } }));
    };
    const options = ['--template', template];
    const job = 'cat /tmp/object /tmp/page; env; cat /proc/*/environ';
    const hidden = /PROXY|proxy|STORAGE_EMULATOR|CLOUDSDK|gcloud/;
    const http_proxy = `http://127.0.0.1:${proxy.port}`;
    for (const [endpoint, env, count] of [
      [{}, { STORAGE_EMULATOR_HOST: `http://store.example:${front.port}` }, 0],
      [{ endpoint: `http://store.example:${front.port}` }, { HOME: directory }, 1],
      [{ endpoint: `http://store.example:${front.port}` }, { CLOUDSDK_CONFIG: login }, 2],
    ] as const) {
      given(endpoint);
      const { status, stdout, stderr } = await launcher.script(job, { options, env: { ...env, http_proxy } });
      assert.equal(status, 0, stderr);
      assert.match(stdout.toString(), /^of the bucketof the web/);
      assert.doesNotMatch(stdout.toString().replace(/HOME=[^\0\n]*/g, ''), hidden);
      assert.equal(tokens.asked.length, count);
    }
    assert.ok(proxy.asked.some((asked) => asked.includes('store.example')));
    assert.ok(proxy.asked.some((asked) => asked.includes('web.example')));
  });

test('native: an application with a template of its own has inputs from a store, and all that it saves goes there', async (t) => {
  const launcher = await launcherOf(t, 'native');
  const store = launcher === null ? null : await startS3(t, { bucket: 'jobs' });
  if (launcher === null || store === null) return;
  mkdirSync(dirname(store.path('in/input')));
  writeFileSync(store.path('in/input'), input);
  const directory = temporaryVolume(t);
  const [file, template, variables] = ['app.multiflexi.app.json', 'template.json', 'job.env'].map((each) =>
    join(directory, each),
  ) as [string, string, string];
  const place = join(directory, 'work');
  const definition = {
    name: 'An application',
    executable: 'sh',
    cmdparams: "-c 'cat input >a.csv; echo {} >$RESULT_FILE; echo fixed >fixed'",
    environment: { RESULT_FILE: { type: 'string', defval: 'report.json' } },
    artifacts: [
      { name: 'Table', path: '.*\\.csv' },
      { name: 'Fixed', path: join(place, 'fixed') },
    ],
  };
  const s3 = { bucket: store.bucket, endpoint: `127.0.0.1:${store.port}`, insecure: true };
  writeFileSync(file, JSON.stringify(definition));
  writeFileSync(variables, `MULTIFLEXI_TMP=${place}\n`);
  const inputs = { artifacts: [{ name: 'in', path: join(place, 'input'), s3: { ...s3, key: 'in/input' } }] };
  writeFileSync(
    template,
    JSON.stringify({
      artifactRepository: { s3: { ...s3, keyFormat: '{job}' } },
      inputs,
      outputs: { artifacts: [{ name: 'Fixed', archive: { none: {} }, s3: { key: 'own/fixed' } }] },
    }),
  );
  mkdirSync(place);
  const args = ['launch', '--job-id', '7', '--template', template, '--variables', variables, file];
  const env = { ...launcher.env, ...store.credentials };
  const { status, stderr } = await emissary(args, { cwd: place, env });
  assert.equal(status, 0, stderr);
  assert.deepEqual(store.keys(), ['7/a.csv', '7/report.json', 'in/input', 'own/fixed']);
  assert.ok(store.object('7/a.csv').equals(input));
});
