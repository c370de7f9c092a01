import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { test } from 'node:test';
import { limits } from '../../../src/base/limits.ts';
import { getObject } from '../../../src/stores/get-object.ts';
import type { ObjectStore } from '../../../src/stores/object-store.ts';
import { Pace } from '../../../src/stores/pace.ts';
import { until } from '../../helpers/until.ts';
import { temporaryVolume } from '../../helpers/volume.ts';

for (const [how, sent] of [
  ['is silent', ''],
  ['trickles', 'x'],
] as const)
  test(`a store that ${how} in the middle of an object is asked again`, async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const over = new AbortController();
    let asked = 0;
    const store = {
      name: 's3://slow',
      head: async (key: string) => ({ key, size: 100, sha256: null, version: null }),
      get: async (_key: string, _of: unknown, signal: AbortSignal) => {
        asked += 1;
        const body = new Readable({ read: () => undefined });
        if (sent !== '') body.push(sent);
        return addAbortSignal(signal, body);
      },
    } as unknown as ObjectStore;
    const file = await open(join(temporaryVolume(t), 'o'), 'w+');
    t.after(() => file.close());
    const context = { pace: new Pace(1), advanced: () => undefined, signal: over.signal };
    const got = getObject(store, 'o', file, context);
    got.catch(() => undefined);
    await until('it is asked', () => asked === 1);
    await until('it is asked again', () => {
      t.mock.timers.tick(limits.fetchSilenceMs);
      return asked === 2;
    });
    over.abort(new Error('enough'));
    await assert.rejects(got, /enough/);
  });
