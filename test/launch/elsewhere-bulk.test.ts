import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { launcherOf } from '../helpers/launcher.ts';
import { requireProgram } from '../helpers/require.ts';
import { startTcpFront } from '../helpers/tcp-front.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** The numbers that make 6.9 MB, and 1 GB. */
const [megabytes, gigabyte] = [1_000_000, 111_111_111];
const files = 100_000;
const named = 5_000;

test('an engine elsewhere, a link of 1 MB/s, and much output just before the end: every byte', async (t) => {
  const launcher = await launcherOf(t, 'docker');
  if (launcher === null) return;
  const front = await startTcpFront(t, { bytesPerSecond: 1_000_000 });
  const env = { DOCKER_HOST: front.host };
  const { status, stdout, stderr } = await launcher.script(`seq 1 ${megabytes}; exit 23`, { env });
  assert.deepEqual([status, stderr], [23, '']);
  const expected = execFileSync('seq', ['1', String(megabytes)], { maxBuffer: 10_000_000 });
  assert.ok(stdout.equals(expected), `${stdout.length} bytes of ${expected.length}`);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('an engine elsewhere: 1 GB of output arrives exactly', async (t) => {
  const launcher = await launcherOf(t, 'docker elsewhere');
  if (launcher === null || !requireProgram(t, 'bash')) return;
  const hashed = ['bash', '-o', 'pipefail', '-c', '"$0" "$@" | sha256sum'];
  const { status, stdout, stderr } = await launcher.script(`seq 1 ${gigabyte}; exit 24`, { under: hashed });
  assert.deepEqual([status, stderr], [24, '']);
  const expected = execFileSync('sh', ['-c', `seq 1 ${gigabyte} | sha256sum`]);
  assert.equal(stdout.toString(), expected.toString());
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('an engine elsewhere: an artifact of 100,000 files, and 5,000 of one, are among the results', async (t) => {
  const launcher = await launcherOf(t, 'docker elsewhere');
  if (launcher === null) return;
  const directory = temporaryVolume(t);
  const [template, results] = [join(directory, 'template'), join(directory, 'results')];
  const artifact = (path: string) => ({ name: path, path: `/tmp/${path}`, archive: { none: {} } });
  const artifacts = [artifact('o'), ...Array.from({ length: named }, (_, index) => artifact(`o/${index}`))];
  writeFileSync(template, JSON.stringify({ outputs: { artifacts } }));
  const script = `mkdir /tmp/o; i=0; while [ $i -lt ${files} ]; do echo file $i > /tmp/o/$i; i=$((i + 1)); done`;
  const options = ['--job-id', '5', '--results', results, '--template', template];
  const { status, stderr } = await launcher.script(script, { options });
  assert.deepEqual([status, stderr], [0, '']);
  const saved = join(results, '5/outputs/artifacts/tmp');
  const contents = (from: string, count: number) => {
    assert.equal(readdirSync(from).length, count);
    for (let file = 0; file < count; file += 1)
      assert.equal(readFileSync(join(from, `${file}`), 'utf8'), `file ${file}\n`);
  };
  contents(join(saved, 'o'), named);
  execFileSync('tar', ['-xf', join(saved, 'o.tar'), '-C', directory]);
  contents(join(directory, 'o'), files);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});
