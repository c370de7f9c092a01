import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireEngine } from '../helpers/engine.ts';
import { makeImage, withBusybox } from '../helpers/images.ts';
import { installedVolume } from '../helpers/installed.ts';
import { requireProgram } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** Busy for a while, by the number of its loops: then it holds 20 MB for a second look. */
const script =
  'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; dd if=/dev/zero of=/dev/shm/fill bs=1M count=20; sleep 3';

for (const name of ['podman', 'docker'] as const)
  test(`${name}: what a container uses is looked at every second`, async (t) => {
    const engine = await requireEngine(t, name);
    if (engine === null || !requireProgram(t, 'busybox')) return;
    const image = await makeImage(t, engine, 'usage', (tree) => withBusybox(tree, ['sh', 'sleep', 'dd']));
    const { root } = await installedVolume(t);
    const args = [
      ...['run', '--rm', '--network', 'none', '--volume', `${root}:/volume`],
      ...[image, '/volume/emissary', 'run', '--root', '/volume', '--', 'sh', '-c', script],
    ];
    const { exitCode, stderr } = await engine.run(args, { cwd: temporaryVolume(t) });
    assert.equal(exitCode, 0, stderr);
    const text = readFileSync(join(root, 'ctr/main/usage'), 'utf8');
    assert.match(text, /^(\d{13} \d+ \d+\n){3,}$/);
    const samples = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ').map(Number));
    for (const [index, [time = 0, cpu = 0, memory = 0]] of samples.entries()) {
      const [before = 0, used = 0] = samples[index - 1] ?? [];
      assert.ok(time >= before && cpu >= used && cpu > 0 && memory > 0, text);
    }
    const most = Math.max(...samples.map(([, , memory = 0]) => memory));
    assert.ok(most > 20_000_000 && most < 10_000_000_000, text);
  });
