import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { gates } from '../../build/gates/all.ts';
import { temporaryVolume } from '../helpers/volume.ts';
import { violations } from './violations.ts';

/** What the gates look at. */
const tree = [
  'src',
  'build',
  'test',
  'images',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  '.gitignore',
];

for (const { name } of gates) {
  test(`${name} turns red for what is planted`, async (t) => {
    const planted = violations.filter((violation) => violation.gate === name);
    assert.notEqual(planted.length, 0, `nothing is planted for the gate ${name}`);
    const copy = copyTree(t);
    for (const { files } of planted) plant(copy, files);
    const { exitCode, stdout } = await execa(process.execPath, ['build/gate.ts', name], {
      cwd: copy,
      reject: false,
    });
    assert.equal(exitCode, 1);
    for (const { title, says } of planted) assert.match(stdout, says, title);
  });
}

test('layers turns red when it sees no module', async (t) => {
  const copy = copyTree(t);
  const gate = join(copy, 'build/gates/layers.ts');
  const text = readFileSync(gate, 'utf8').replace("'^(test/fixtures|dist)/'", "'^src/'");
  writeFileSync(gate, text);
  const { exitCode, stdout } = await execa(process.execPath, ['build/gate.ts', 'layers'], {
    cwd: copy,
    reject: false,
  });
  assert.equal(exitCode, 1);
  assert.match(stdout, /src\/emissary\.ts was not checked/);
  assert.match(stdout, /only 0 of \d+ files were seen to import anything/);
});

function copyTree(t: TestContext): string {
  const copy = temporaryVolume(t);
  for (const entry of tree.filter((each) => existsSync(each))) {
    // A link leads to the copy, not out of it.
    cpSync(entry, join(copy, entry), { recursive: true, verbatimSymlinks: true });
  }
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  return copy;
}

function plant(copy: string, files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), text);
  }
}
