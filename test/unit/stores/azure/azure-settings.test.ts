import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentOf } from '../../../../src/settings/cli/environment.ts';
import { azureSettings } from '../../../../src/stores/azure/azure-settings.ts';

const settingsWith = (variables: Readonly<Record<string, string>>) =>
  azureSettings(new URL('azblob://jobs'), environmentOf({ AZURE_STORAGE_ACCOUNT: 'account', ...variables }));

test('a store is not asked by the machine in the place of a service principal that is named in part', () => {
  const ids = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client' };
  const secret = { AZURE_CLIENT_SECRET: 'secret' };
  assert.throws(
    () => settingsWith({ ...secret, AZURE_CLIENT_ID: 'client' }),
    /^Fault: The service principal of Azure is incomplete: AZURE_CLIENT_SECRET is set, and AZURE_TENANT_ID is not$/,
  );
  const kindWith = (variables: Readonly<Record<string, string>>) => {
    const { credentials } = settingsWith(variables);
    return credentials.kind === 'token' ? credentials.principal.kind : credentials.kind;
  };
  assert.equal(kindWith({ ...ids, ...secret }), 'secret');
  assert.equal(kindWith({ ...ids, AZURE_FEDERATED_TOKEN_FILE: '/token' }), 'workload');
  // A pod may have both IDs, and an identity of its machine.
  assert.equal(kindWith(ids), 'machine');
  assert.equal(kindWith({ AZURE_CLIENT_ID: 'client' }), 'machine');
  // It is not theirs that counts.
  assert.equal(kindWith({ ...secret, AZURE_STORAGE_KEY: 'a2V5' }), 'key');
});
