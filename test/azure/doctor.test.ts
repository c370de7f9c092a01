import assert from 'node:assert/strict';
import { test } from 'node:test';
import { azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { refused } from '../helpers/azure/call.ts';
import { examine } from '../helpers/doctor.ts';

const checks = ['place', 'credentials', 'resource group', 'provider', 'region'];
const rights = [
  'containerGroups/read',
  'containerGroups/write',
  'containerGroups/delete',
  'containerGroups/stop/action',
  'containerGroups/containers/exec/action',
  'containerGroups/containers/logs/read',
];

test('doctor --engine azure looks at the place, the credentials, the service, the region, and every right', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const found = await examine(['--engine', 'azure'], launcher);
  assert.equal(found.status, 0, JSON.stringify(found.checks));
  assert.deepEqual(
    found.checks.slice(-12).map(({ name }) => name),
    [...checks, ...rights, 'exec'],
  );
  assert.equal(
    found.check('region').found,
    'a container group in westeurope may have 4 processors and 16 GB',
  );
  assert.equal(found.check('resource group').found, 'jobs is there, in northeurope');
});

test('doctor --engine azure names the rights that are missing, and what to do', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  launcher.azure.actions = ['*/read', 'Microsoft.ContainerInstance/containerGroups/write'];
  const { status, names, check } = await examine(['--engine', 'azure'], launcher);
  assert.equal(status, 64);
  assert.deepEqual(names('failed'), [
    'containerGroups/delete',
    'containerGroups/stop/action',
    'containerGroups/containers/exec/action',
  ]);
  assert.match(check('containerGroups/delete').advice ?? '', /give it a role .*containerGroups\/delete$/);
});

test('doctor --engine azure without the right to look at rights warns: jobs may start all the same', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const hidden = /\/permissions$|\/resourceGroups\/jobs$/;
  launcher.azure.faults.before = ({ url }) =>
    hidden.test(url.pathname) ? refused(403, 'AuthorizationFailed', 'The client may not read it.') : null;
  const { status, names, check } = await examine(['--engine', 'azure'], launcher);
  assert.equal(status, 0);
  assert.deepEqual(names('warning').slice(-7), ['resource group', ...rights]);
  assert.equal(check('containerGroups/write').found, 'cannot be looked at: The client may not read it');
});

test('doctor --engine azure without a place or credentials says which variables to set', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const nowhere = await examine(['--engine', 'azure'], {
    env: { EMISSARY_STATE_DIR: launcher.state, HOME: '/nowhere' },
  });
  assert.equal(nowhere.check('place').advice, 'set AZURE_SUBSCRIPTION_ID and AZURE_RESOURCE_GROUP');
  assert.equal(nowhere.check('credentials').status, 'skipped');
  const nobody = await examine(['--engine', 'azure'], { env: { ...launcher.env, IDENTITY_HEADER: 'wrong' } });
  assert.equal(nobody.check('credentials').status, 'failed');
  assert.match(nobody.check('credentials').advice ?? '', /AZURE_CLIENT_SECRET, run az login/);
});

test('doctor --engine azure says that the WebSocket of exec is not tried, and who must let it through', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const directly = await examine(['--engine', 'azure'], launcher);
  assert.equal(directly.status, 0);
  assert.deepEqual(directly.check('exec'), {
    name: 'exec',
    status: 'skipped',
    found:
      'the WebSocket is not tried: Azure names its host only for a job that runs; a firewall must let it through to ' +
      '*.westeurope.management.azurecontainer.io and *.westeurope.atlas.cloudapp.azure.com, ports 443 and 19390',
    advice: null,
  });
  // This machine, where the stand-in is, is never reached through a proxy.
  const env = { ...launcher.env, HTTPS_PROXY: 'http://me:hidden@proxy.invalid:3128' };
  const { check, stdout } = await examine(['--engine', 'azure'], { env });
  assert.match(check('exec').found, /; the proxy proxy\.invalid:3128 of HTTPS_PROXY must let it through to /);
  assert.ok(!stdout.toString().includes('hidden'));
  assert.ok(!launcher.azure.asked.some((each) => !each.startsWith('GET')));
});
