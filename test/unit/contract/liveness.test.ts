import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Lifeline } from '../../../src/contract/liveness.ts';
import { Volume } from '../../../src/contract/volume.ts';
import { atEnd } from '../../helpers/at-end.ts';
import { standIn } from '../../helpers/stand-in.ts';
import { until } from '../../helpers/until.ts';
import { temporaryVolume } from '../../helpers/volume.ts';

function lifelineOf(t: TestContext, root: string): Lifeline {
  const volume = new Volume(root);
  const lifeline = new Lifeline(volume, 'main', () => undefined);
  atEnd(t, () => {
    lifeline.close();
    volume.close();
  });
  return lifeline;
}

test('an end of alive that was opened before the job is proof of a death, however often it is looked at again', async (t) => {
  const root = temporaryVolume(t);
  const wrapper = standIn(t, root);
  const lifeline = lifelineOf(t, root);
  assert.deepEqual([lifeline.look(), lifeline.isProven], ['living', false]);
  wrapper.started();
  wrapper.die();
  await until('its end is seen', () => lifeline.look() === 'dying');
  // Each look opens the FIFO anew, and now the job has been started.
  for (let look = 0; look < 3; look += 1) {
    lifeline.look();
    assert.equal(lifeline.isProven, true);
  }
});

test('an end of alive that was opened after the job was started proves nothing: the job may have put it there', async (t) => {
  const root = temporaryVolume(t);
  const wrapper = standIn(t, root);
  wrapper.started();
  const lifeline = lifelineOf(t, root);
  assert.equal(lifeline.look(), 'living');
  wrapper.die();
  await until('its end is seen', () => lifeline.look() === 'dying');
  assert.equal(lifeline.isProven, false);
});
