import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageReference } from '../../../src/registry/image-reference.ts';

const digest = `sha256:${'0a'.repeat(32)}`;
const hub = ['registry-1', 'docker', 'io'].join('.');

test('imageReference reads names as Docker does', () => {
  const names: readonly (readonly [string, string, string, string])[] = [
    ['busybox', hub, 'library/busybox', 'latest'],
    ['busybox:1.36', hub, 'library/busybox', '1.36'],
    ['team/app', hub, 'team/app', 'latest'],
    ['localhost/app', 'localhost', 'app', 'latest'],
    ['localhost:5000/a/b_c-d:V1', 'localhost:5000', 'a/b_c-d', 'V1'],
    ['Registry.example/app', 'Registry.example', 'app', 'latest'],
    ['[::1]:5000/app', '[::1]:5000', 'app', 'latest'],
    [`registry.example/app:1@${digest}`, 'registry.example', 'app', digest],
  ];
  for (const [image, host, repository, reference] of names)
    assert.deepEqual(imageReference(image), { host, repository, reference }, image);
});

test('imageReference rejects what an address could take for another host or path', () => {
  const odd = [
    '',
    'a b',
    '3232235777#.registry.example/x',
    'a\\.registry.example/x',
    'user@registry.example/x',
    'registry.example/../x',
    'registry.example/x/../../y',
    'registry.example/x?to=y',
    'registry.example/x#y',
    'registry.example/x%2fy',
    'registry.example//x',
    'registry.example:70000000/x',
    'registry.example/x:a/b',
    'registry.example/x@sha256:..',
    'registry.example/x@sha256:zz',
    'registry.example/X',
  ];
  for (const image of odd)
    assert.throws(() => imageReference(image), { message: 'it is not the name of an image' }, image);
});
