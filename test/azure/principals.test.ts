import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AzureLauncher, azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { fakeAz } from '../helpers/azure/fake-az.ts';
import { principalOf } from '../helpers/azure/principal.ts';
import { makeCertificate } from '../helpers/certificate.ts';
import { examine } from '../helpers/doctor.ts';
import { emissary } from '../helpers/emissary.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const tenant = { AZURE_TENANT_ID: randomUUID() };
const client = { AZURE_CLIENT_ID: randomUUID() };
const secret = { AZURE_CLIENT_SECRET: 'a secret' };
const certificate = { AZURE_CLIENT_CERTIFICATE_PATH: '/nowhere.pem' };
const token = { AZURE_FEDERATED_TOKEN_FILE: '/nowhere.token' };
const ids = { ...tenant, ...client };

/** Variables of somebody who is named in part, and what the sentence says about them. */
const incomplete: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [
    ids,
    'AZURE_TENANT_ID and AZURE_CLIENT_ID are set, and AZURE_CLIENT_SECRET is not (nor AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE)',
  ],
  [
    { ...ids, AZURE_CLIENT_SECRET: '' },
    'AZURE_TENANT_ID and AZURE_CLIENT_ID are set, and AZURE_CLIENT_SECRET is not (nor AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE)',
  ],
  [
    { ...ids, AZURE_CLIENT_CERTIFICATE_PASSWORD: 'of the file' },
    'AZURE_TENANT_ID and AZURE_CLIENT_ID are set, and AZURE_CLIENT_CERTIFICATE_PATH is not',
  ],
  [
    { ...ids, AZURE_USERNAME: 'me' },
    'AZURE_TENANT_ID and AZURE_CLIENT_ID are set, and AZURE_PASSWORD is not',
  ],
  [
    { ...ids, AZURE_PASSWORD: 'mine' },
    'AZURE_TENANT_ID and AZURE_CLIENT_ID are set, and AZURE_USERNAME is not',
  ],
  [secret, 'AZURE_CLIENT_SECRET is set, and AZURE_TENANT_ID and AZURE_CLIENT_ID are not'],
  [{ ...secret, ...client }, 'AZURE_CLIENT_SECRET is set, and AZURE_TENANT_ID is not'],
  [{ ...secret, ...tenant }, 'AZURE_CLIENT_SECRET is set, and AZURE_CLIENT_ID is not'],
  [{ ...certificate, ...client }, 'AZURE_CLIENT_CERTIFICATE_PATH is set, and AZURE_TENANT_ID is not'],
  [{ ...token, ...tenant }, 'AZURE_FEDERATED_TOKEN_FILE is set, and AZURE_CLIENT_ID is not'],
];

test('a service principal that is named in part is refused by doctor: the login of az is not its', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const place = loggedIn(t, launcher);
  for (const [variables, reason] of incomplete) {
    const { status, check } = await examine(['--engine', 'azure'], { env: { ...place, ...variables } });
    assert.equal(status, 64, reason);
    const { status: found, found: text } = check('credentials');
    assert.deepEqual([found, text], ['failed', `The service principal of Azure is incomplete: ${reason}`]);
  }
  assert.deepEqual(launcher.azure.asked, []);
});

test('it is refused by launch and list --clean, too, and the job that runs is left alone', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  const place = loggedIn(t, launcher);
  const env = { ...place, ...ids };
  const sentence =
    'The service principal of Azure is incomplete: AZURE_TENANT_ID and AZURE_CLIENT_ID are set, ';
  const args = ['launch', ...launcher.options, '--job-id', '99', '--report', 'none', '--'];
  const refused = await emissary([...args, 'true'], { env });
  assert.equal(refused.status, 64);
  assert.match(refused.stderr, new RegExp(`^emissary: ${sentence}[^\n]*\n$`));
  assert.deepEqual([azure.asked, launcher.left()], [[], []]);
  const script = `echo ready; until ${launcher.gate().isOpen}; do sleep 0.05; done; exit 34`;
  const options = ['--job-id', '99', '--report', 'none'];
  const running = launcher.startScript(script, { options });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  running.kill('SIGKILL');
  await running.finished;
  const again = await emissary([...args, 'true'], { env });
  assert.equal(again.status, 64);
  assert.match(again.stderr, new RegExp(`^emissary: ${sentence}[^\n]*\n$`));
  // They ask Azure nothing.
  for (const verb of ['attach', 'cancel']) {
    const { status, stderr } = await emissary([verb, '99'], { env });
    assert.equal(status, 64, verb);
    assert.match(stderr, /^emissary: The job runs elsewhere and its launcher is gone: [^\n]*\n$/, verb);
  }
  const cleaned = await emissary(['list', '--clean'], { env });
  assert.match(cleaned.stderr, new RegExp(`^emissary: job-99: ${sentence}`));
  await launcher.gate().open();
  const { status, stderr } = await launcher.script('echo another', { options });
  assert.equal(status, 34, stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a certificate, a federated token, and the ID of one of several identities name somebody', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure, place, env } = launcher;
  const { AZURE_CLIENT_SECRET: _, ...named } = principalOf(launcher);
  const directory = temporaryVolume(t);
  const file = (name: string, content: string) => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };
  const own = makeCertificate(t, 'DNS:me', ['rsa:2048']);
  const { IDENTITY_ENDPOINT = '', IDENTITY_HEADER = '' } = env;
  const machine = { IDENTITY_ENDPOINT, IDENTITY_HEADER };
  const somebody: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [
      { ...named, AZURE_CLIENT_CERTIFICATE_PATH: file('me.pem', `${own.cert}\n${own.key}`) },
      `the service principal ${named.AZURE_CLIENT_ID}`,
    ],
    [
      { ...named, AZURE_FEDERATED_TOKEN_FILE: file('token', 'of the cluster') },
      `the workload identity ${named.AZURE_CLIENT_ID}`,
    ],
    [{ ...machine, ...client }, `the identity ${client.AZURE_CLIENT_ID} of this machine`],
    [{ ...machine, ...ids }, `the identity ${client.AZURE_CLIENT_ID} of this machine`],
    [machine, 'the identity of this machine'],
  ];
  for (const [variables, who] of somebody) {
    const found = await examine(['--engine', 'azure'], { env: { ...place, ...variables } });
    assert.deepEqual([found.check('credentials').status, found.check('credentials').found], ['ok', who]);
  }
  assert.ok(azure.asked.some((each) => each.endsWith('/oauth2/v2.0/token')));
});

test('a tenant that cannot be one is told in one sentence', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const env = { ...principalOf(launcher), AZURE_TENANT_ID: 'my tenant' };
  const { status, stderr } = await launcher.script('true', { env });
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: Azure cannot be asked by the service principal [^\n]*enant[^\n]*\n$/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

/** The environment of somebody who is logged in with `az`. */
function loggedIn(t: TestContext, { azure, place }: AzureLauncher): Readonly<Record<string, string>> {
  const expiresOn = Math.floor(Date.now() / 1000) + 3_600;
  const az = fakeAz(t, JSON.stringify({ accessToken: azure.token, expires_on: expiresOn }));
  return { ...place, PATH: `${az}:${process.env['PATH']}` };
}
