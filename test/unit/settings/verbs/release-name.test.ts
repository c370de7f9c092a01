import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chartName, isReleaseName, releaseNameOf } from '../../../../src/settings/verbs/release-name.ts';

test('the release of an application is made from its name, and that of a chart from the last part of its own', () => {
  for (const [name, release] of [
    ['Abra Flexi – Reminder', 'abra-flexi-reminder'],
    ['Žluťoučký kůň', 'zlutoucky-kun'],
    ['3scale', 'app-3scale'],
    ['Sales / Orders', 'sales-orders'],
  ] as const)
    assert.equal(releaseNameOf(name), release);
  for (const chart of [
    'oci://registry.example/charts/coffee',
    './charts/coffee/',
    './coffee-1.2.3+build.tgz',
  ])
    assert.equal(chartName(chart), 'coffee');
  assert.match(releaseNameOf('咖啡'), /^app-[0-9a-f]{8}$/);
  assert.notEqual(releaseNameOf('咖啡'), releaseNameOf('茶'));
  assert.notEqual(releaseNameOf(`${'long '.repeat(20)}one`), releaseNameOf(`${'long '.repeat(20)}two`));
});

test('every name makes the name of a release that Helm accepts and that begins with a letter', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
      const release = releaseNameOf(name);
      assert.ok(isReleaseName(release) && /^[a-z]/.test(release), release);
    }),
  );
});
