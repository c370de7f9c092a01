import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpAnswer } from '../../../src/base/http-request.ts';
import { refusedBy } from '../../../src/stores/http/http-error.ts';

for (const [text, ms] of [
  ['7', 7000],
  ['0', 0],
  // Whoever has less time does not wait.
  ['86400', 86_400_000],
  ['-1', null],
  ['soon', null],
  ['2026-10-21', null],
  ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
] as const)
  test(`a server's wish to be left alone for "${text}" is ${ms === null ? 'none' : `one for ${ms} ms`}`, () => {
    const answer = { statusCode: 503, headers: { 'retry-after': text } } as unknown as HttpAnswer;
    const { kind, retryAfterMs } = refusedBy(answer);
    assert.deepEqual([kind, retryAfterMs], ['busy', ms]);
  });
