import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { unlessAborted } from '../../../src/base/unless-aborted.ts';

test('a signal keeps nothing of the promises that have ended before it', async () => {
  const { signal } = new AbortController();
  for (let count = 0; count < 10; count += 1) {
    assert.equal(await unlessAborted(Promise.resolve(count), signal), count);
    await assert.rejects(unlessAborted(Promise.reject(new Error('no')), signal), /no/);
  }
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});

test('the reason of a signal is what a promise that has not ended is rejected with', async () => {
  const over = new AbortController();
  const waiting = unlessAborted(new Promise(() => undefined), over.signal);
  over.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(unlessAborted(Promise.resolve(), over.signal), /enough/);
});
