import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { here } from '../../build/architecture.ts';
import { type Engine, requireEngine } from '../helpers/engine.ts';
import { makeImage, type Tree, withBusybox, withLibraries, withTree } from '../helpers/images.ts';
import { installedVolume } from '../helpers/installed.ts';
import { requireProgram } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** One image: its content, and a job in it that prints its environment. */
interface ImageCase {
  readonly name: string;
  readonly fill: (tree: Tree) => void;
  readonly command: readonly string[];
  /** Variables that the image sets for its own programs, and that would break ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** A program of this machine that the case needs. */
  readonly needs?: string;
}

const muslLoader = '/lib/ld-musl-x86_64.so.1';
const noElf = '\x7fELF this is no library';

const images: readonly ImageCase[] = [
  {
    name: 'scratch-with-one-static-program',
    fill: (tree) => tree.copy('/bin/busybox', '/env'),
    command: ['/env'],
  },
  { name: 'busybox', fill: (tree) => withBusybox(tree), command: ['/bin/sh', '-c', 'busybox env'] },
  {
    name: 'musl',
    needs: 'musl-gcc',
    fill: (tree) => {
      tree.copy(muslLoader, muslLoader);
      compile(tree, '/lib/preloaded.so', 'int job(void) { return 0; }', ['-shared', '-fPIC']);
      const show = 'for (char **entry = environ; *entry; entry++) puts(*entry);';
      compile(tree, '/bin/show', `#include <stdio.h>\nextern char **environ; int main(void) { ${show} }`);
    },
    command: ['/bin/show'],
    env: { LD_PRELOAD: '/lib/preloaded.so', LD_LIBRARY_PATH: '/lib' },
  },
  {
    name: 'glibc-without-a-shell',
    fill: (tree) => withLibraries(tree, '/usr/bin/env'),
    command: ['/usr/bin/env'],
    env: { LD_BIND_NOW: '1', MALLOC_ARENA_MAX: '1', GLIBC_TUNABLES: 'glibc.malloc.check=1' },
  },
  {
    name: 'unfit-libraries-everywhere',
    // Stands for an old glibc, or any other: our libraries' usual paths hold files that they cannot use.
    fill: (tree) => {
      withBusybox(tree);
      const names = ['ld-linux-x86-64.so.2', 'libc.so.6', 'libm.so.6', 'libstdc++.so.6', 'libatomic.so.1'];
      for (const directory of [
        '/lib64',
        '/lib',
        '/usr/lib',
        '/lib/x86_64-linux-gnu',
        '/usr/lib/x86_64-linux-gnu',
      ]) {
        for (const name of names) tree.write(`${directory}/${name}`, noElf, 0o755);
      }
      tree.write('/etc/ld.so.preload', '/lib/libm.so.6\n');
      tree.write('/etc/ld.so.cache', noElf);
      tree.write('/etc/ld.so.conf', '/lib\n');
      for (const path of ['/etc/ssl/openssl.cnf', '/usr/lib/ssl/openssl.cnf', '/usr/local/ssl/openssl.cnf']) {
        tree.write(path, '[broken\n');
      }
      // A program that reads the local time zone would wait forever.
      execFileSync('mkfifo', [join(tree.directory, 'etc/localtime')]);
    },
    command: ['/bin/busybox', 'env'],
    env: { LD_LIBRARY_PATH: '/lib:/usr/lib', OPENSSL_CONF: '/etc/ssl/openssl.cnf', NODE_OPTIONS: '--bad' },
  },
];

const narrow = [
  '--read-only',
  '--cap-drop',
  'all',
  '--security-opt',
  'no-new-privileges',
  '--network',
  'none',
];

for (const name of ['podman', 'docker'] as const) {
  for (const image of images) {
    test(`${name}: the installed program runs a job in ${image.name}`, async (t) => {
      const engine = await requireEngine(t, name);
      if (engine === null || !requireProgram(t, 'busybox')) return;
      if (image.needs !== undefined && !requireProgram(t, image.needs)) return;
      const built = await makeImage(t, engine, image.name, image.fill);
      const { root } = await installedVolume(t);
      const env = Object.entries(image.env ?? {}).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
      const args = ['run', '--rm', ...narrow, '--user', '12345:54321', ...umaskOf(engine), ...env];
      const { exitCode, stdout, stderr } = await engine.run([
        ...[...args, '--volume', `${root}:/a/volume/of/any/name`, built],
        ...[
          '/a/volume/of/any/name/emissary',
          'run',
          '--root',
          '/a/volume/of/any/name',
          '--',
          ...image.command,
        ],
      ]);
      assert.deepEqual([exitCode, stderr], [0, '']);
      for (const [key, value] of Object.entries(image.env ?? {}))
        assert.ok(stdout.includes(`${key}=${value}`), stdout);
      const sealed = (file: string) => readFileSync(join(root, 'ctr/main', file), 'utf8');
      assert.equal(sealed('exitcode'), '0');
      assert.equal(sealed('stdout').trimEnd(), stdout);
    });
  }
}

/** Only podman can set it. */
function umaskOf(engine: Engine): readonly string[] {
  return engine.name === 'podman' ? ['--umask', '0077'] : [];
}

/** Compiles C for musl, into the tree. */
function compile(tree: Tree, to: string, source: string, options: readonly string[] = []): void {
  tree.write('/source.c', source);
  tree.write(to, '');
  execFileSync('musl-gcc', [...options, '-o', join(tree.directory, to), join(tree.directory, 'source.c')]);
}

for (const name of ['podman', 'docker'] as const) {
  test(`${name}: the program runs from a read-only volume with the image's content, without a copy`, async (t) => {
    const engine = await requireEngine(t, name);
    if (engine === null || !requireProgram(t, 'busybox')) return;
    const emissary = await makeImage(t, engine, 'own', (tree) => {
      withTree(tree, `dist/image/${here.oci}`);
    });
    const job = await makeImage(t, engine, 'job', (tree) => withBusybox(tree));
    const state = temporaryVolume(t);
    // No init: the wrapper stages the inputs itself.
    const template = {
      inputs: { artifacts: [{ name: 'in', path: '/state/in', raw: { data: 'from the image' } }] },
      multiflexi: { captureResult: true },
    };
    const run = (mount: string) =>
      engine.run([
        ...[
          'run',
          '--rm',
          ...narrow,
          '--env',
          `EMISSARY_TEMPLATE=${JSON.stringify(template)}`,
          '--user',
          '12345',
          '--volume',
          `${state}:/state`,
          '--mount',
          mount,
          job,
        ],
        ...['/emissary/emissary', 'run', '--root', '/state', '--', '/bin/sh', '-c', 'cat /state/in; exit 3'],
      ]);
    let result = await run(`type=image,source=${emissary},destination=/emissary`);
    if (name === 'docker' && result.exitCode === 125) {
      t.diagnostic(`this Docker mounts no images, the tree of the image is bound instead: ${result.stderr}`);
      const tree = resolve(`dist/image/${here.oci}`);
      result = await run(`type=bind,source=${tree},destination=/emissary,readonly`);
    }
    assert.deepEqual([result.exitCode, result.stdout, result.stderr], [3, 'from the image', '']);
    assert.equal(readFileSync(join(state, 'ctr/main/exitcode'), 'utf8'), '3');
    const record = JSON.parse(readFileSync(join(state, 'ctr/main/result.json'), 'utf8'));
    assert.equal(record.outputs.result, 'from the image');
  });
}
