import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { nameMatcher } from '../../../../src/outputs/find/name-matcher.ts';
import { seeded } from '../../../helpers/seeded.ts';

const pattern = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      '*',
      '?',
      '[',
      ']',
      '!',
      '-',
      '[ab]',
      '[!a]',
      '[a-c]',
      '[]a]',
      '[[:digit:]]',
      '1',
      '\\*',
    ),
  )
  .map((parts) => parts.join(''))
  .filter((text) => text !== '');
const name = fc
  .array(fc.constantFrom('a', 'b', 'c', '1', '*', '[', ']', '!', '-', '.'), { minLength: 1 })
  .map((parts) => parts.join(''))
  .filter((text) => !text.startsWith('.'));

test('nameMatcher matches names as a shell does', (t) => {
  const cases = fc.sample(fc.tuple(pattern, name), { seed: seeded(t).seed, numRuns: 3000 });
  const script = 'while [ $# -gt 0 ]; do case $2 in $1) echo 1;; *) echo 0;; esac; shift 2; done';
  const answers = execFileSync('bash', ['-c', script, 'bash', ...cases.flat()], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const shell = answers.trim().split('\n');
  for (const [index, [each, text]] of cases.entries())
    assert.equal(nameMatcher(each)(text), shell[index] === '1', JSON.stringify([each, text]));
});

test('nameMatcher matches UTF-8 characters, or bytes if a name is not UTF-8', () => {
  const bytes = (text: string) => Buffer.from(text).toString('latin1');
  assert.equal(nameMatcher('?')(bytes('é')), true);
  assert.equal(nameMatcher('[à-ü]x')(bytes('éx')), true);
  assert.equal(nameMatcher('??')('\xff\xfe'), true);
  assert.equal(nameMatcher('*')('.hidden'), false);
});
