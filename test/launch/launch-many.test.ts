import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engineNames, launcherOf } from '../helpers/launcher.ts';

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
