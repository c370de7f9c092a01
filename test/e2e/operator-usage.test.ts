import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';

test('operator: what is no host of a registry is refused, and not ignored', async () => {
  for (const list of ['http://registry', 'registry/path', 'one two'])
    for (const [args, env, source] of [
      [['--insecure-registries', `ok:5000, ${list}`], {}, '--insecure-registries'],
      [[], { EMISSARY_INSECURE_REGISTRIES: list }, 'EMISSARY_INSECURE_REGISTRIES'],
    ] as const) {
      const { status, stderr } = await emissary(['operator', '--webhook', '9443', ...args], { env });
      assert.equal(status, 64);
      assert.ok(stderr.includes(`${source}: ${list} is not the host of a registry`), stderr);
    }
});
