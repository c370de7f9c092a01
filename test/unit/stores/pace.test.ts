import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { StoreError } from '../../../src/stores/object-store.ts';
import { Pace } from '../../../src/stores/pace.ts';

const { signal } = new AbortController();

/** Runs so many requests at once. @returns how many of them ran at a time at most */
async function mostAtOnce(pace: Pace, count: number, act: (index: number) => Promise<void>): Promise<number> {
  let [running, most] = [0, 0];
  const request = (index: number) => async () => {
    running += 1;
    most = Math.max(most, running);
    try {
      await act(index);
    } finally {
      running -= 1;
    }
  };
  await Promise.all(Array.from({ length: count }, (_, index) => pace.run(request(index), signal)));
  return most;
}

test('requests that are answered quickly get company, up to the most', async () => {
  const pace = new Pace(5);
  assert.equal(await mostAtOnce(pace, 2, async () => undefined), 2);
  assert.equal(await mostAtOnce(pace, 50, () => new Promise((resolve) => void setImmediate(resolve))), 5);
});

test('a store that is busy gets fewer at once, and every request is repeated', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const pace = new Pace(8);
    await mostAtOnce(pace, 30, async () => undefined);
    let answered = 0;
    const going = mostAtOnce(pace, 20, async () => {
      answered += 1;
      if (answered <= 8) throw new StoreError('busy', 'it is busy', { retryAfterMs: 50 });
    });
    for (let turn = 0; turn < 200; turn += 1) {
      await new Promise(setImmediate);
      mock.timers.tick(1_000);
    }
    assert.equal(await going, 8);
    assert.equal(answered, 28);
  } finally {
    mock.timers.reset();
  }
});

test('a request that can never work is not repeated', async () => {
  for (const kind of ['missing', 'refused', 'invalid'] as const) {
    let calls = 0;
    const act = () => {
      calls += 1;
      return Promise.reject(new StoreError(kind, 'no'));
    };
    await assert.rejects(new Pace().run(act, signal), /no/);
    assert.equal(calls, 1);
  }
});

test('a stop ends a request that waits for its repetition', async () => {
  const stop = new AbortController();
  const act = () => Promise.reject(new StoreError('busy', 'later', { retryAfterMs: 170_000 }));
  const running = new Pace().run(act, stop.signal);
  setImmediate(() => stop.abort(new Error('stopped')));
  await assert.rejects(running, /stopped/);
});

for (const kind of ['busy', 'broken'] as const)
  test(`a ${kind} store that wants to be left alone for longer than three minutes is given up at once`, async () => {
    let calls = 0;
    const act = () => {
      calls += 1;
      return Promise.reject(new StoreError(kind, 'it answered 503', { retryAfterMs: 3_600_000 }));
    };
    await assert.rejects(new Pace().run(act, signal), {
      kind,
      message: 'it answered 503: it wants to be asked again in 3600 s',
      retryAfterMs: 3_600_000,
    });
    assert.equal(calls, 1);
  });
