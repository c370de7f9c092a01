import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { environmentOf } from '../../../src/settings/cli/environment.ts';
import { withSecrets } from '../../../src/settings/with-secrets.ts';
import { temporaryVolume } from '../../helpers/volume.ts';

/** The variables for a Secret that is mounted, and names these. */
function variablesFor(
  t: TestContext,
  named: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const directory = temporaryVolume(t);
  mkdirSync(join(directory, 's'));
  for (const [name, value] of Object.entries(named)) writeFileSync(join(directory, 's', name), value);
  const secrets = Object.fromEntries(Object.keys(named).map((name) => [name, { secret: 's', key: name }]));
  const environment = environmentOf({ ...others, EMISSARY_SECRETS_DIR: directory });
  const { EMISSARY_SECRETS_DIR: _, ...found } = Object.fromEntries(withSecrets(environment, secrets).all());
  return found;
}

test('the key of a Secret has neither the session nor the profile of the environment', (t) => {
  const own = { AWS_ACCESS_KEY_ID: 'own', AWS_SECRET_ACCESS_KEY: 'key' };
  const others = { AWS_ACCESS_KEY_ID: 'x', AWS_SESSION_TOKEN: 'x', AWS_PROFILE: 'x', AWS_REGION: 'r' };
  assert.deepEqual(variablesFor(t, own, others), { ...own, AWS_REGION: 'r' });
  const whole = { ...own, AWS_SESSION_TOKEN: 'session' };
  assert.deepEqual(variablesFor(t, whole, others), { ...whole, AWS_REGION: 'r' });
});

test('the user of a Secret has no token of the environment', (t) => {
  const own = { EMISSARY_HTTP_USER: 'u', EMISSARY_HTTP_PASSWORD: 'p' };
  const others = { EMISSARY_HTTP_TOKEN_FILE: '/nowhere', EMISSARY_HTTP_PASSWORD_FILE: '/nowhere', A: 'b' };
  assert.deepEqual(variablesFor(t, own, others), { ...own, A: 'b' });
});

test('without credentials of its own, a Secret leaves the environment as it is', (t) => {
  const others = { AWS_SESSION_TOKEN: 'x', AWS_PROFILE: 'x', EMISSARY_HTTP_TOKEN: 'x' };
  assert.deepEqual(variablesFor(t, {}, others), others);
});
