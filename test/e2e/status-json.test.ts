import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { standIn } from '../helpers/stand-in.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('status --json and the printed result escape characters that act on a terminal, and parse to the same values', async (t) => {
  // CSI of C1, DEL, right-to-left override, isolate, mark, line separator, a tag beyond the first plane.
  const message = 'a\u009b31mb\u007fc\u202ed\u2066e\u200ff\u2028g\u{e0001}h é 日本';
  const root = temporaryVolume(t);
  const wrapper = standIn(t, root);
  wrapper.started();
  wrapper.seal(3, { message });
  wrapper.die();
  for (const args of [['status', '--json'], ['wait']]) {
    const stdout = (await emissary(args, { root })).stdout.toString();
    assert.doesNotMatch(stdout, /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/u);
    assert.ok(stdout.includes('é 日本'));
    const { containers } = JSON.parse(stdout) as { containers: { message: string }[] };
    assert.equal(containers[0]?.message, message);
  }
});
