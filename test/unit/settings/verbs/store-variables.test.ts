import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podStoreVariables, storeVariables } from '../../../../src/settings/verbs/store-variables.ts';

const podHas = (all: Readonly<Record<string, string>>) =>
  Object.fromEntries(podStoreVariables(storeVariables(all)).variables);

test("a pod has neither the launcher's password at Azure nor the name of the launcher", () => {
  const account = { AZURE_STORAGE_ACCOUNT: 'account' };
  const launcher = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client', AZURE_CLIENT_SECRET: 'hidden' };
  assert.deepEqual(podHas({ ...account, ...launcher }), account);
  const { AZURE_CLIENT_SECRET: _, ...inAks } = launcher;
  assert.deepEqual(podHas({ ...account, ...inAks, AZURE_FEDERATED_TOKEN_FILE: '/token' }), account);
  assert.deepEqual(podHas({ ...account, ...inAks, AZURE_CLIENT_CERTIFICATE_PATH: '/me.pem' }), account);
});

test('a pod has the identity at Azure that is named for it', () => {
  const identity = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client' };
  assert.deepEqual(podHas(identity), identity);
});
