import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerLogins } from '../../../src/registry/docker-logins.ts';

const names = (image: string, ...keys: readonly string[]) => {
  const auths = keys.map((key) => ({ [key]: { username: key, password: 'secret' } }));
  return dockerLogins(image, auths).map(({ username }) => username);
};

test('dockerLogins takes the logins of the host and of a part of the path, the longest first', () => {
  const image = 'registry.example:5000/team/app:1';
  const keys = [
    'registry.example:5000',
    'registry.example:5000/team',
    'registry.example:5000/teams',
    'registry.example',
    'https://registry.example:5000/team/app',
  ];
  assert.deepEqual(names(image, ...keys), [keys[4], keys[1], keys[0]]);
});

test('dockerLogins lets * stand for one part of the host', () => {
  assert.deepEqual(names('eu.registry.example/app', '*.registry.example'), ['*.registry.example']);
  assert.deepEqual(names('registry.example/app', '*.registry.example'), []);
  assert.deepEqual(names('a.eu.registry.example/app', '*.registry.example'), []);
});

test('dockerLogins knows Docker Hub by all of its names', () => {
  const domain = 'docker.io';
  const hub = [`https://index.${domain}/v1/`, domain, `registry-1.${domain}`, `index.${domain}`];
  for (const image of ['busybox', 'library/busybox', `${domain}/library/busybox:1`])
    assert.equal(names(image, ...hub).length, hub.length, image);
});

test('dockerLogins reads a user and a password from auth, and leaves out what it cannot read', () => {
  const auth = Buffer.from('alice:s:cret').toString('base64');
  assert.deepEqual(
    dockerLogins('r.example/app', [{ 'r.example': { auth } }, null, 'x', { 'r.example': {} }]),
    [{ username: 'alice', password: 's:cret' }],
  );
});
