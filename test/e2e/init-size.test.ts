import assert from 'node:assert/strict';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { installedVolume } from '../helpers/installed.ts';

const largest = 100_000_000;
const blockBytes = 512;

test('init takes less than 100 MB of a volume, without holes, and what it installs runs a job', async (t) => {
  const { root, program } = await installedVolume(t);
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const files = [root, ...paths.map((path) => join(root, path))].map((path) => lstatSync(path));
  const taken = files.reduce((sum, { blocks }) => sum + blocks * blockBytes, 0);
  // Other tools may copy it, and need not keep holes.
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  assert.ok(taken < largest && bytes < largest, `${taken} bytes in blocks, ${bytes} in files`);
  t.diagnostic(`${taken} bytes in blocks, ${bytes} in files`);
  const { status, stdout } = await emissary(['run', '--', 'sh', '-c', 'echo ž; exit 7'], { root, program });
  assert.deepEqual([status, stdout.toString()], [7, 'ž\n']);
});
