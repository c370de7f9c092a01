import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentOf } from '../../../src/settings/cli/environment.ts';
import { credentialsOf } from '../../../src/stores/http/http-credentials.ts';

const address = new URL('https://store.example/results');
const withToken = (token: string) => credentialsOf(address, environmentOf({ EMISSARY_HTTP_TOKEN: token }));

test('a token that no header can carry is refused at the start, and not shown', () => {
  assert.deepEqual(withToken('abc-._~+/='), { authorization: 'Bearer abc-._~+/=' });
  for (const token of ['two\nlines', 'with space', 'č'])
    assert.throws(
      () => withToken(token),
      ({ message }: Error) => message.startsWith('EMISSARY_HTTP_TOKEN has ') && !message.includes(token),
    );
});
