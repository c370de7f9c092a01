import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resultPrefix } from '../../../../src/report/stores/result-key.ts';

for (const [template, prefix] of [
  ['{job}/{path}', '7/'],
  ['a/{job}/b/{job}-{container}/{file}', 'a/7/b/7-'],
  ['a/{path}/of-{job}', null],
  ['{container}/{job}/{file}', null],
  ['a/{path}', null],
] as const)
  test(`the keys ${template} of a job begin with ${prefix ?? 'nothing of its own'}`, () => {
    assert.equal(resultPrefix(template, 7), prefix);
  });
