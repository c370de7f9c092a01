import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Environment } from '../../../src/settings/cli/environment.ts';
import { proxyFor } from '../../../src/settings/proxy.ts';

function environmentOf(variables: Readonly<Record<string, string>>): Environment {
  return new Environment(Object.entries(variables).map(([name, value]) => Buffer.from(`${name}=${value}`)));
}

const both = { HTTP_PROXY: 'http://plain:8080', HTTPS_PROXY: 'http://secure:8080' };
const choices: readonly (readonly [string, Readonly<Record<string, string>>, string | null])[] = [
  ['https://a.example/', {}, null],
  ['https://a.example/', { HTTPS_PROXY: '' }, null],
  ['https://a.example/', both, 'HTTPS_PROXY secure:8080'],
  ['http://a.example/', both, 'HTTP_PROXY plain:8080'],
  ['https://a.example/', { HTTP_PROXY: 'http://plain:8080' }, null],
  ['https://a.example/', { ...both, https_proxy: 'http://lower:1' }, 'https_proxy lower:1'],
  ['http://a.example/', { ...both, http_proxy: 'http://lower:1' }, 'http_proxy lower:1'],
  ['http://a.example/', { ...both, REQUEST_METHOD: 'GET' }, null],
  ['http://a.example/', { http_proxy: 'lower:1', REQUEST_METHOD: 'GET' }, 'http_proxy lower:1'],
  ['https://a.example/', { ...both, REQUEST_METHOD: 'GET' }, 'HTTPS_PROXY secure:8080'],
  ['https://a.example/', { HTTPS_PROXY: 'user:s3cret@secure:8080' }, 'HTTPS_PROXY secure:8080'],
  ['https://a.example/', { HTTPS_PROXY: 'https://u:p%40@secure' }, 'HTTPS_PROXY secure'],
  // This machine is never reached through a proxy.
  ['https://localhost:8443/', both, null],
  ['http://127.0.0.1:80/', both, null],
  ['http://127.8.9.1/', both, null],
  ['https://[::1]/', both, null],
  // The following holds for both spellings of the name.
  ...(
    [
      ['https://a.example/', '*', false],
      ['https://a.example/', 'b.example', true],
      ['https://a.example/', 'b.example, A.EXAMPLE', false],
      ['https://a.example./', 'a.example', false],
      ['https://x.a.example/', 'a.example', false],
      ['https://x.a.example/', '.a.example', false],
      ['https://x.a.example/', '*.a.example', false],
      ['https://xa.example/', 'a.example', true],
      ['https://a.example/', 'a.example:443', false],
      ['https://a.example/', 'a.example:8443', true],
      ['https://a.example:8443/', 'a.example:8443', false],
      ['https://10.1.2.3/', '10.0.0.0/8', false],
      ['https://11.1.2.3/', '10.0.0.0/8', true],
      ['https://10.1.2.3/', '10.1.2.3:443', false],
      ['https://10.1.2.3/', '10.1.2.3/99', true],
      ['https://[fd00::1]/', 'fd00::/8', false],
      ['https://[fd00::1]:8443/', '[fd00::1]:8443', false],
      ['https://[fd00::1]:8443/', '[fd00::1]:443', true],
      ['https://a.example/', ' , ,', true],
      ['https://a.example/', '.', true],
    ] as const
  ).flatMap(([url, list, isProxied]) =>
    ['NO_PROXY', 'no_proxy'].map(
      (name) => [url, { ...both, [name]: list }, isProxied ? 'HTTPS_PROXY secure:8080' : null] as const,
    ),
  ),
];

test('the proxy of an address is the one that the usual variables name', () => {
  for (const [url, variables, expected] of choices) {
    const proxy = proxyFor(new URL(url), environmentOf(variables));
    const found = proxy === null ? null : `${proxy.variable} ${proxy.name}`;
    assert.equal(found, expected, `${url} with ${JSON.stringify(variables)}`);
  }
});

test('a proxy of another kind is rejected, and its password is not shown', () => {
  for (const address of ['socks5://u:s3cret@h:1', 'ftp://u:s3cret@h', 'http://', 'http://u:s3cret@h:99999']) {
    const act = () => proxyFor(new URL('https://a.example/'), environmentOf({ HTTPS_PROXY: address }));
    assert.throws(act, (error: Error) => {
      assert.match(error.message, /^HTTPS_PROXY is not the address of an HTTP proxy/);
      return !error.message.includes('s3cret');
    });
  }
});
