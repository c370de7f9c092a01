import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachOf } from '../helpers/batches.ts';
import { makeImage, type Tree, withBusybox } from '../helpers/images.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { engineNames } from '../helpers/launcher-parts.ts';

for (const name of engineNames)
  test(`${name}: eight launches at once, the first ones of an installation`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const runs = [...Array(8).keys()];
    const ended = await Promise.all(runs.map((run) => launcher.script(`echo line ${run}; exit ${run}`)));
    assert.deepEqual(
      ended.map(({ status, stdout, stderr }) => [status, stdout.toString(), stderr]),
      runs.map((run) => [run, `line ${run}\n`, '']),
    );
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

for (const name of ['docker', 'podman'] as const)
  test(`${name}: an image whose command prints a line and exits within 5 ms, 40 times`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null || launcher.engine === null) return;
    const fill = (tree: Tree) => {
      withBusybox(tree);
      tree.write('/bin/line', '#!/bin/sh\necho one line\nexit 38\n', 0o755);
    };
    const image = await makeImage(t, launcher.engine, 'short', fill, { entrypoint: '/bin/line' });
    const options = launcher.options.map((each, index, all) => (all[index - 1] === '--image' ? image : each));
    await forEachOf(
      Array(40).keys(),
      async () => {
        const { status, stdout, stderr } = await launcher.verb(['launch', ...options]);
        assert.deepEqual([status, stdout.toString(), stderr], [38, 'one line\n', '']);
      },
      4,
    );
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });
