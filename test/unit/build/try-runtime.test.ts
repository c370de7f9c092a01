import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { temporaryVolume } from '../../helpers/volume.ts';

const tryRuntime = (file: string) =>
  execa(process.execPath, ['build/try-runtime.ts', file], { reject: false });

test('try-runtime exits 0 for the pinned runtime', async () => {
  const { exitCode, stdout } = await tryRuntime(process.execPath);
  assert.equal(exitCode, 0, stdout);
  assert.match(stdout, /ok +keep-signals\n[^]*needs +\S*ld/);
});

test('try-runtime exits 1 for a runtime with other code, and names the change', async (t) => {
  const file = join(temporaryVolume(t), 'node');
  const runtime = readFileSync(process.execPath);
  // The first bytes of a pattern of keep-descriptors.ts, for both processors: now another instruction.
  for (const code of ['f7c300040000895dcc0f85', '34035037e1a30091e0008052']) {
    const bytes = Buffer.from(code, 'hex');
    for (let at = runtime.indexOf(bytes); at !== -1; at = runtime.indexOf(bytes, at + 1)) runtime[at] = 0;
  }
  writeFileSync(file, runtime);
  const { exitCode, stdout } = await tryRuntime(file);
  assert.equal(exitCode, 1);
  assert.match(
    stdout,
    /FAILED +keep-descriptors: The runtime.s code that raises the limit of open files occurs 0 times/,
  );
  assert.match(stdout, /ok +keep-argv/);
});

test('try-runtime exits 64 with one sentence for a file that is no program', async (t) => {
  const file = join(temporaryVolume(t), 'node');
  writeFileSync(file, 'text');
  const { exitCode, stdout, stderr } = await tryRuntime(file);
  assert.deepEqual([exitCode, stdout], [64, '']);
  assert.match(stderr, /^Cannot try the runtime \S+: not a 64-bit little-endian ELF file$/);
});

test('each test that UPGRADING.md names as failing without a change exists', () => {
  const named = [
    ...readFileSync('build/runtime/UPGRADING.md', 'utf8').matchAll(/`([a-z0-9-]+)`: ([^|]+?) *\|$/gm),
  ];
  assert.ok(named.length >= 6);
  for (const [, file = '', titles = ''] of named) {
    const path = ['e2e', 'containers'].map((folder) => `test/${folder}/${file}.test.ts`).find(existsSync);
    assert.ok(path !== undefined, file);
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.trimStart().startsWith('test('));
    for (const title of titles.split('; '))
      assert.ok(
        lines.some((line) => line.includes(title)),
        `${file}: ${title}`,
      );
  }
});
