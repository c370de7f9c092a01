import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { platformOf } from '../../build/architecture.ts';
import { fetchLibraries } from '../../build/runtime/fetch-libraries.ts';
import { requireEmulation } from '../helpers/emulated.ts';
import { requireEngine } from '../helpers/engine.ts';
import { makeImage, withTree } from '../helpers/images.ts';
import { requireProgram } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('the arm64 build starts under emulation, installs itself, and runs a job', async (t) => {
  if (!requireProgram(t, 'apt-get') || !requireEmulation(t)) return;
  await buildForArm();
  const root = temporaryVolume(t);
  const tree = 'dist/image/arm64';
  const { stdout } = await execa(join(tree, 'emissary'), ['--version']);
  assert.match(stdout, /^emissary /);
  await execa(join(tree, 'emissary'), ['init', '--root', root]);
  const env = { LD_PRELOAD: '/no/such/library.so', EMISSARY_ROOT: root };
  const args = ['run', '--', 'sh', '-c', 'echo "$LD_PRELOAD"; exit 9'];
  const job = await execa(join(root, 'emissary'), args, { env, reject: false });
  assert.equal(job.exitCode, 9);
  assert.equal(readFileSync(join(root, 'ctr/main/stdout'), 'utf8'), '/no/such/library.so\n');
  assert.equal(readFileSync(join(root, 'ctr/main/exitcode'), 'utf8'), '9');
});

test('the arm64 file, started directly, ignores variables of its runtime, and passes them to the job', async (t) => {
  if (!requireProgram(t, 'apt-get') || !requireEmulation(t)) return;
  await buildForArm();
  const program = process.arch === 'arm64' ? 'dist/emissary' : 'dist/arm64/emissary';
  const root = temporaryVolume(t);
  const env = { NODE_DEBUG: 'module,fs', NAME: 'ž', QEMU_LD_PREFIX: resolve('dist/libraries-arm64') };
  const args = ['run', '--root', root, '--', 'sh', '-c', 'echo "$NODE_DEBUG $NAME"'];
  const { stdout, stderr } = await execa(program, args, { env });
  assert.deepEqual([stdout, stderr], ['module,fs ž', '']);
});

test('the arm64 image starts in a container under emulation', async (t) => {
  const engine = await requireEngine(t, 'podman');
  if (engine === null || !requireProgram(t, 'apt-get') || !requireEmulation(t)) return;
  await buildForArm();
  const image = await makeImage(t, engine, 'arm64', (tree) => {
    withTree(tree, 'dist/image/arm64');
  });
  const args = [
    'run',
    '--rm',
    '--network',
    'none',
    '--read-only',
    '--user',
    '65532',
    image,
    '/emissary',
    '--version',
  ];
  const { exitCode, stdout } = await engine.run(args);
  assert.deepEqual([exitCode, stdout.split(' ')[0]], [0, 'emissary']);
});

let built: Promise<unknown> | null = null;

/** Fetches the runtime and the libraries (once), and builds. */
function buildForArm(): Promise<unknown> {
  const build = async () => {
    const libraries = await fetchLibraries(platformOf('arm64'));
    await execa(process.execPath, ['build/build.ts', '--platform', 'arm64', '--libraries', libraries]);
  };
  built ??= build();
  return built;
}
