import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireEngine } from '../helpers/engine.ts';
import { requireProgram } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

for (const name of ['podman', 'docker'] as const) {
  test(`${name} runs a container with nothing but busybox, and reports its exit code`, async (t) => {
    const engine = await requireEngine(t, name);
    if (engine === null || !requireProgram(t, 'busybox')) return;
    const tree = temporaryVolume(t);
    mkdirSync(join(tree, 'bin'));
    copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
    chmodSync(join(tree, 'bin/busybox'), 0o755);
    const image = `localhost/emissary-engine-${process.pid}:test`;
    await engine.importTree(tree, image);
    t.after(() => engine.run(['rmi', '--force', image]));
    const script = 'echo "uid $(busybox id -u)"; exit 7';
    const { exitCode, stdout, stderr } = await engine.run([
      ...['run', '--rm', '--network', 'none', '--user', '12345', '--read-only', image],
      ...['/bin/busybox', 'sh', '-c', script],
    ]);
    assert.deepEqual([exitCode, stdout, stderr], [7, 'uid 12345', '']);
  });
}
