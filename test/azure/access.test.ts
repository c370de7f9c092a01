import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type AzureLauncher, azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { fakeAz } from '../helpers/azure/fake-az.ts';
import { idOf } from '../helpers/azure/group-routes.ts';
import { httpsGet } from '../helpers/azure/https-get.ts';
import { principalOf } from '../helpers/azure/principal.ts';
import { emissary } from '../helpers/emissary.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('a service principal logs in at the authority that the environment names', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { status, stdout, stderr } = await runAs(launcher, principalOf(launcher));
  assert.deepEqual([status, stdout.toString()], [3, 'logged in\n'], stderr);
  assert.ok(launcher.azure.asked.some((each) => each.endsWith('/oauth2/v2.0/token')));
});

test('the login of az is used, and its subscription, where nothing else is known', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  const home = temporaryVolume(t);
  mkdirSync(join(home, '.azure'));
  const subscriptions = [
    { id: randomUUID(), isDefault: false },
    { id: azure.subscription, isDefault: true },
  ];
  writeFileSync(join(home, '.azure/azureProfile.json'), `\uFEFF${JSON.stringify({ subscriptions })}`);
  const expiresOn = Math.floor(Date.now() / 1000) + 3_600;
  const token = JSON.stringify({ accessToken: azure.token, expires_on: expiresOn });
  const path = `${fakeAz(t, token)}:${process.env['PATH']}`;
  const { AZURE_SUBSCRIPTION_ID: _, ...place } = launcher.place;
  const { status, stdout, stderr } = await runAs({ ...launcher, place }, { HOME: home, PATH: path });
  assert.deepEqual([status, stdout.toString()], [3, 'logged in\n'], stderr);
});

test('a token that is not accepted any more is renewed, in the middle of a job', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const script = `echo ready; until ${launcher.gate().isOpen}; do sleep 0.05; done; exit 4`;
  const running = launcher.startScript(script, { env: principalOf(launcher) });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  launcher.azure.token = randomUUID();
  launcher.azure.terminals.cut();
  await launcher.gate().open();
  const { status, stderr } = await running.finished;
  assert.equal(status, 4, stderr);
});

test('without credentials, place or TLS, one sentence says what to do', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const withoutLogin = `${fakeAz(t, null)}:${process.env['PATH']}`;
  const nobody = await runAs(launcher, { PATH: withoutLogin, HOME: temporaryVolume(t), ...noMachine });
  assert.equal(nobody.status, 64);
  assert.match(
    nobody.stderr,
    /^emissary: Cannot get a token for Azure by [^\n]*Please run az login[^\n]*\n$/,
  );
  const { AZURE_RESOURCE_GROUP: _, ...place } = launcher.place;
  const nowhere = await runAs({ ...launcher, place }, {});
  assert.match(
    nowhere.stderr,
    /^emissary: There is no resource group of Azure: set --resource-group [^\n]*\n$/,
  );
  const plain = await runAs(launcher, { EMISSARY_AZURE_ENDPOINT: 'http://127.0.0.1:1' });
  assert.match(plain.stderr, /^emissary: EMISSARY_AZURE_ENDPOINT is not an https:\/\/ address\n$/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a secret is in no answer of the API; the password for a registry is not, either', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  const secret = `s3cret-${randomUUID()}`;
  const place = temporaryVolume(t);
  const variables = join(place, 'variables.json');
  writeFileSync(variables, JSON.stringify({ MY_PASSWORD: secret }), { mode: 0o600 });
  const login = Buffer.from(`user:${secret}`).toString('base64');
  writeFileSync(join(place, 'config.json'), JSON.stringify({ auths: { localhost: { auth: login } } }));
  const running = launcher.startScript('echo "ready $MY_PASSWORD ${#MY_PASSWORD}"; sleep 1000', {
    options: ['--variables', variables],
    env: { DOCKER_CONFIG: place },
  });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  assert.equal(running.stdout().toString(), `ready *** ${secret.length}\n`);
  const { name, wanted } = azure.only;
  assert.deepEqual(wanted.properties.imageRegistryCredentials, [
    { server: 'localhost', username: 'user', password: secret },
  ]);
  const text = await httpsGet(launcher.azure, `${idOf(azure, name)}?api-version=2023-05-01`);
  assert.match(text, /"name":"main"/);
  assert.ok(!text.includes(secret) && !text.includes(Buffer.from(secret).toString('base64')));
  running.kill('SIGTERM');
  await running.finished;
});

test('--user is refused before anything is made; its variable is for other engines', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const refused = await launcher.script('true', { options: ['--user', '1000:1001'] });
  assert.equal(refused.status, 64);
  assert.equal(refused.stderr, 'emissary: --user: azure runs a job as the user of its image; leave it out\n');
  assert.deepEqual(launcher.azure.asked, []);
  const { status, stderr } = await launcher.script('exit 4', { env: { EMISSARY_USER: '1000' } });
  assert.equal(status, 4, stderr);
  assert.equal((await launcher.script('exit 5', { options: ['--user', 'image'] })).status, 5);
});

test('the processors and the memory are what the group is asked for', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const wantedWith = async (options: readonly string[], env: Readonly<Record<string, string>>) => {
    const running = launcher.startScript('echo ready; sleep 1000', { options, env });
    await until('the job runs', () => running.stdout().toString().includes('ready'));
    const [main] = launcher.azure.only.wanted.properties.containers;
    running.kill('SIGTERM');
    await running.finished;
    return main?.properties.resources?.requests;
  };
  const ofMultiflexi = { AZURE_CPU: '0.5', AZURE_MEMORY: '2.25', AZURE_LOCATION: 'North Europe' };
  assert.deepEqual(await wantedWith([], ofMultiflexi), { cpu: 0.5, memoryInGB: 2.3 });
  assert.deepEqual(await wantedWith(['--memory', '512m'], {}), { cpu: 1, memoryInGB: 0.5 });
});

const noMachine = { AZURE_CLIENT_ID: '', IDENTITY_ENDPOINT: '' };

/** Launches a job with no other credentials than these. */
function runAs(
  launcher: Pick<AzureLauncher, 'options' | 'place'>,
  credentials: Readonly<Record<string, string>>,
) {
  const args = ['launch', ...launcher.options, '--', 'sh', '-c', 'echo logged in; exit 3'];
  return emissary(args, { env: { ...launcher.place, ...credentials } });
}
