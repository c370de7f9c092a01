import assert from 'node:assert/strict';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { reproducibleTar } from '../../../build/release/reproducible-tar.ts';
import { atEnd } from '../../helpers/at-end.ts';
import { git, makeCheckout } from '../../helpers/checkout.ts';
import { requireProgram } from '../../helpers/require.ts';
import { temporaryVolume } from '../../helpers/volume.ts';

test('npm run release names every tool that is missing, and makes nothing', async (t) => {
  const cwd = temporaryVolume(t);
  const { exitCode, stdout, stderr } = await execa(process.execPath, [resolve('build/release.ts')], {
    cwd,
    env: { PATH: cwd },
    reject: false,
  });
  assert.deepEqual([exitCode, stdout], [1, '']);
  assert.equal(
    stderr,
    'npm run release: npm, tar, apt-get, dpkg, dpkg-deb, dpkg-query not found: ' +
      'a release is made on Debian or Ubuntu, with npm',
  );
});

test('a release knows its commit, its time, and whether the tree has other changes', async (t) => {
  if (!requireProgram(t, 'git')) return;
  const checkout = await makeCheckout();
  atEnd(t, () => rmSync(checkout, { recursive: true, force: true }));
  const commit = await git(checkout, ['rev-parse', 'HEAD']);
  const seconds = Number(await git(checkout, ['show', '--no-patch', '--format=%ct', 'HEAD']));
  assert.deepEqual(await stateOf(checkout), { commit, seconds, warning: null });
  assert.equal((await stateOf(checkout, { SOURCE_DATE_EPOCH: '42' })).seconds, 42);
  writeFileSync(join(checkout, 'more.txt'), 'more');
  const warning = `the tree has changes that are not in commit ${commit.slice(0, 12)}`;
  assert.equal((await stateOf(checkout)).warning, warning);
  const elsewhere = { commit: null, seconds: 0, warning: 'this is not a git checkout' };
  assert.deepEqual(await stateOf(join(checkout, 'src')), elsewhere);
});

test('a tar of the same content is the same, whenever and in whatever order its files were made', async (t) => {
  const tars = await Promise.all(
    [
      ['a', 'b'],
      ['b', 'a'],
    ].map(async (names, index) => {
      const directory = temporaryVolume(t);
      mkdirSync(join(directory, 'inner'));
      for (const name of names) {
        writeFileSync(join(directory, 'inner', name), name);
        utimesSync(join(directory, 'inner', name), index, index);
      }
      return await reproducibleTar(directory, 1000);
    }),
  );
  assert.deepEqual(tars[0], tars[1]);
});

async function stateOf(cwd: string, env: Record<string, string> = {}) {
  const module = resolve('build/release/source-state.ts');
  const script = `import { sourceState } from ${JSON.stringify(module)};
    process.stdout.write(JSON.stringify(await sourceState()));`;
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = await execa(process.execPath, args, {
    cwd,
    env: { GIT_CONFIG_GLOBAL: '/dev/null', ...env },
  });
  return JSON.parse(stdout);
}
