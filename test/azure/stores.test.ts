import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { refused } from '../helpers/azure/call.ts';
import type { WantedGroup } from '../helpers/azure/wanted.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('credentials of stores are in a secret volume of the init container, and nowhere else', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const directory = temporaryVolume(t);
  const template = join(directory, 'template.json');
  const s3 = { endpoint: 'store.invalid', bucket: 'jobs', key: 'in/input' };
  const input = { name: 'input', path: '/tmp/in', s3 };
  writeFileSync(template, JSON.stringify({ inputs: { artifacts: [input] } }));
  const asked: string[] = [];
  launcher.azure.faults.before = ({ method, text }) => {
    if (method !== 'PUT') return null;
    asked.push(text);
    return refused(400, 'Enough', 'The request was seen.');
  };
  const env = { AWS_ACCESS_KEY_ID: 'the key of the store', AWS_SECRET_ACCESS_KEY: 'its secret' };
  const { status, stderr } = await launcher.script('true', { options: ['--template', template], env });
  assert.equal(status, 64, stderr);
  const [text = ''] = asked;
  const { properties } = JSON.parse(text) as WantedGroup;
  const [install] = properties.initContainers ?? [];
  const variable = install?.properties.environmentVariables?.find(({ name }) => name === 'EMISSARY_ENV_FILE');
  const mounts = install?.properties.volumeMounts ?? [];
  const mount = mounts.find(({ mountPath }) => variable?.value?.startsWith(`${mountPath}/`) === true);
  const volume = properties.volumes?.find(({ name }) => name === mount?.name);
  const file = variable?.value?.slice((mount?.mountPath.length ?? 0) + 1) ?? '';
  const content = Buffer.from(volume?.secret?.[file] ?? '', 'base64').toString();
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = JSON.parse(content) as Record<string, string>;
  assert.deepEqual({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }, env);
  assert.ok(!text.includes('its secret'));
  for (const { properties: each } of properties.containers)
    assert.ok(!(each.volumeMounts ?? []).some(({ name }) => name === mount?.name));
});

test('a login that is an identity token is named, and left out', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const directory = temporaryVolume(t);
  const auths = { localhost: { identitytoken: 'a token' } };
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ auths }));
  const { status, stderr } = await launcher.script('exit 24', { env: { DOCKER_CONFIG: directory } });
  assert.equal(status, 24);
  assert.match(
    stderr,
    /^emissary: The login for localhost is an identity token, which Azure does not take: [^\n]* is pulled without it\n$/,
  );
});
