import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { atEnd } from '../helpers/at-end.ts';
import { git, gitIdentity, makeCheckout } from '../helpers/checkout.ts';
import { requireProgram } from '../helpers/require.ts';

const next = '98.7.6-rc.1';

test('npm version sets the version everywhere, dates the change log, and commits and tags it', async (t) => {
  const directory = await checkout(t);
  if (directory === null) return;
  const { version } = JSON.parse(read(directory, 'package.json'));
  await execa('npm', ['version', next], { cwd: directory, env: gitIdentity });
  assert.equal(await git(directory, ['status', '--porcelain']), '');
  assert.equal(await git(directory, ['describe', '--tags', '--exact-match']), `v${next}`);
  const gate = await execa(process.execPath, ['build/gate.ts', 'versions'], {
    cwd: directory,
    reject: false,
  });
  assert.deepEqual([gate.exitCode, gate.stdout], [0, '']);
  for (const file of ['README.md', 'images/README.md', 'images/examples/pod.yaml']) {
    assert.ok(read(directory, file).includes(`multiflexi-emissary:${next}`), file);
    assert.ok(!read(directory, file).includes(`multiflexi-emissary:${version}`), file);
  }
  assert.match(
    read(directory, 'CHANGELOG.md'),
    /## \[Unreleased\]\n\n## \[98\.7\.6-rc\.1\] - \d{4}-\d\d-\d\d\n/,
  );
});

async function checkout(t: TestContext): Promise<string | null> {
  if (!requireProgram(t, 'git')) return null;
  const directory = await makeCheckout();
  atEnd(t, () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function read(directory: string, file: string): string {
  return readFileSync(join(directory, file), 'utf8');
}
