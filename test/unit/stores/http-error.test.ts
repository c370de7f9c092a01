import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpAnswer } from '../../../src/base/http-request.ts';
import { refusedBy } from '../../../src/stores/http/http-error.ts';

for (const [text, ms] of [
  ['7', 7000],
  ['0', 0],
  ['86400', null],
  ['-1', null],
  ['Wed, 21 Oct 2026 07:28:00 GMT', null],
] as const)
  test(`a server's wish to be left alone for "${text}" is ${ms === null ? 'not obeyed' : 'obeyed'}`, () => {
    const answer = { statusCode: 503, headers: { 'retry-after': text } } as unknown as HttpAnswer;
    const { kind, retryAfterMs } = refusedBy(answer);
    assert.deepEqual([kind, retryAfterMs], ['busy', ms]);
  });
