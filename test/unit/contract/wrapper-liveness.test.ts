import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Volume } from '../../../src/contract/volume.ts';
import { WrapperLiveness } from '../../../src/contract/wrapper-liveness.ts';
import { atEnd } from '../../helpers/at-end.ts';
import { standIn } from '../../helpers/stand-in.ts';
import { until } from '../../helpers/until.ts';
import { temporaryVolume } from '../../helpers/volume.ts';

function lifelineOf(t: TestContext, root: string): WrapperLiveness {
  const volume = new Volume(root);
  const liveness = new WrapperLiveness(volume, 'main', () => undefined);
  atEnd(t, () => {
    liveness.close();
    volume.close();
  });
  return liveness;
}

test('an end of file of alive that was opened before the job started proves a death, however often it is read again', async (t) => {
  const root = temporaryVolume(t);
  const wrapper = standIn(t, root);
  const liveness = lifelineOf(t, root);
  assert.deepEqual([liveness.look(), liveness.isProven], ['living', false]);
  wrapper.started();
  wrapper.die();
  await until('its end is seen', () => liveness.look() === 'dying');
  // Each look opens the FIFO again, and by now the job has been started.
  for (let look = 0; look < 3; look += 1) {
    liveness.look();
    assert.equal(liveness.isProven, true);
  }
});

test('an end of file of alive that was opened after the job started proves nothing: the job may have replaced it', async (t) => {
  const root = temporaryVolume(t);
  const wrapper = standIn(t, root);
  wrapper.started();
  const liveness = lifelineOf(t, root);
  assert.equal(liveness.look(), 'living');
  wrapper.die();
  await until('its end is seen', () => liveness.look() === 'dying');
  assert.equal(liveness.isProven, false);
});
