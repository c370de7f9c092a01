import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { temporaryVolume } from '../../helpers/volume.ts';

const script = `
  import { bundle } from './build/bundle/bundle.ts';
  import { compileStart } from './build/bundle/compile.ts';
  await compileStart('emissary', await bundle('src/emissary.ts', process.argv[1]));`;

test('start.js has what a job of an instant needs, in a fixed order, even on a slow builder', async (t) => {
  const slow = temporaryVolume(t);
  writeFileSync(join(slow, 'sh'), '#!/bin/sh\nsleep 0.5\nexec /bin/sh "$@"\n', { mode: 0o755 });
  const directory = join(temporaryVolume(t), 'program');
  const PATH = `${slow}${delimiter}${process.env['PATH']}`;
  await execa(process.execPath, ['--input-type=module', '--eval', script, directory], { env: { PATH } });
  const start = readFileSync(join(directory, 'start.js'), 'latin1');
  const chunks = [...start.matchAll(/^\(?\{?"\.\/([^"]+)":\(function/gm)].map(([, name = '']) => name);
  assert.ok(chunks.includes('main.js'));
  assert.deepEqual(chunks, chunks.toSorted());
  // A run loads it when its job has lasted a few milliseconds.
  assert.deepEqual(
    chunks.filter((name) => name.startsWith('watch-directory-')),
    [],
  );
});
