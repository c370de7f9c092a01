import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { requireEngine } from '../helpers/engine.ts';
import { makeImage, withTree } from '../helpers/images.ts';
import { installedVolume } from '../helpers/installed.ts';
import { oldDebian } from '../helpers/old-debian.ts';
import { requireProgram } from '../helpers/require.ts';

for (const name of ['podman', 'docker'] as const) {
  test(`${name}: the installed program runs a job in an old Debian, beside its libraries`, async (t) => {
    const engine = await requireEngine(t, name);
    if (engine === null || !requireProgram(t, 'apt-get')) return;
    const { tree, release } = await oldDebian();
    const image = await makeImage(t, engine, 'old', (into) => withTree(into, tree));
    const { root } = await installedVolume(t);
    const [libc = ''] = globSync('lib/*/libc.so.6', { cwd: tree });
    const libraries = `/${libc.replace('/libc.so.6', '')}`;
    // As an image of that time may do: set its own libraries for its own programs.
    const env = [`LD_LIBRARY_PATH=${libraries}`, `LD_PRELOAD=${libraries}/libpthread.so.0`];
    const { exitCode, stdout, stderr } = await engine.run([
      ...['run', '--rm', '--network', 'none', '--read-only', '--user', '1000', '--volume', `${root}:/v`],
      ...[...env.flatMap((entry) => ['--env', entry]), image, '/v/emissary', 'run', '--root', '/v', '--'],
      ...['/bin/sh', '-c', `/${libc}; echo "$LD_PRELOAD"; exit 5`],
    ]);
    assert.deepEqual([exitCode, stderr], [5, '']);
    assert.match(stdout, new RegExp(`^GNU C Library .*\\n[^]*^${libraries}/libpthread\\.so\\.0$`, 'm'));
    t.diagnostic(`${release}: ${stdout.split('\n')[0]}`);
  });
}
