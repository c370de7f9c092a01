import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { execa } from 'execa';
import { dependenciesOf } from '../../../../build/debian/dependencies.ts';
import { symbolVersions } from '../../../../build/debian/symbol-versions.ts';
import { requireProgram } from '../../../helpers/require.ts';

test('symbolVersions finds for the runtime what objdump finds', async (t) => {
  if (!requireProgram(t, 'objdump')) return;
  const { stdout } = await execa('objdump', ['--private-headers', process.execPath]);
  const references = stdout.slice(stdout.indexOf('Version References:'));
  const expected = references
    .split('required from ')
    .slice(1)
    .map((part) => [
      part.slice(0, part.indexOf(':')),
      [...part.matchAll(/^ +0x\w+ 0x\w+ \d+ (\S+)/gm)].map(([, name]) => name),
    ]);
  assert.ok(expected.length > 3, references);
  assert.deepEqual([...symbolVersions(readFileSync(process.execPath))], expected);
});

test('a program depends on the packages of its libraries, with the versions of their symbols', () => {
  const [atomic, libc = '', ...others] = dependenciesOf(readFileSync(process.execPath));
  assert.equal(atomic, 'libatomic1');
  assert.match(libc, /^libc6 \(>= 2\.\d\d\)$/);
  assert.match(others.join(), /^libgcc-s1,libstdc\+\+6 \(>= \d+\)$/);
});
