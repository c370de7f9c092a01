import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { installedVolume } from '../helpers/installed.ts';
import { requireProgram, requireRoot } from '../helpers/require.ts';
import { seeded } from '../helpers/seeded.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** Variables that images set for their own programs, and that break a program that obeys them. */
const hostile = {
  NODE_OPTIONS: '--no-such-option',
  NODE_EXTRA_CA_CERTS: '/no/such/file',
  NODE_PATH: '/no/such/directory',
  NODE_V8_COVERAGE: '',
  LD_PRELOAD: '/no/such/library.so',
  LD_LIBRARY_PATH: '/no/such/directory',
  LD_AUDIT: '/no/such/audit.so',
  LD_BIND_NOW: '1',
  LD_DEBUG: 'all',
  OPENSSL_CONF: '/no/such/openssl.cnf',
  OPENSSL_MODULES: '/no/such/directory',
  GLIBC_TUNABLES: 'glibc.malloc.check=3:glibc.rtld.nns=1',
  MALLOC_ARENA_MAX: 'x',
  MALLOC_PERTURB_: '165',
  UV_THREADPOOL_SIZE: '1',
  LANG: 'xx_YY.utf8',
  LC_ALL: 'xx',
  TZ: 'No/Where',
  ICU_DATA: '/no/such/file',
  SSL_CERT_FILE: '/no/such/file',
  TMPDIR: '/no/such/directory',
};

test("the installed program is not affected by an image's variables, and the job gets them unchanged", async (t) => {
  if (!requireProgram(t, 'busybox')) return;
  const { root, program } = await installedVolume(t);
  const job = await emissary(['run', '--', '/bin/busybox', 'env'], { root, program, env: hostile });
  assert.deepEqual([job.status, job.stderr], [0, '']);
  const variables = new Set(job.stdout.toString().trimEnd().split('\n'));
  for (const [name, value] of Object.entries(hostile)) assert.ok(variables.has(`${name}=${value}`), name);
});

for (const [name, value] of Object.entries(hostile)) {
  test(`the installed program is not affected by ${name} alone`, async (t) => {
    if (!requireProgram(t, 'busybox')) return;
    const { root, program } = await installedVolume(t);
    const args = ['run', '--', '/bin/busybox', 'env'];
    const { status, stdout, stderr } = await emissary(args, { root, program, env: { [name]: value } });
    assert.deepEqual([status, stderr], [0, '']);
    assert.ok(stdout.toString().split('\n').includes(`${name}=${value}`));
  });
}

test('variables of any bytes reach the job in order through the installed program', async (t) => {
  const chance = seeded(t);
  const { root, program } = await installedVolume(t);
  const entries = Array.from({ length: 300 }, () => {
    const bytes = chance.bytes(chance.whole(1, 40));
    for (const [index, byte] of bytes.entries()) if (byte === 0) bytes[index] = 0x80;
    return Buffer.concat([bytes, Buffer.from('=x')]);
  });
  const fixed = [' space=1', '\u0080=2', '=3', 'lD_PRELOAD=/no', 'é=4', '_=5', '`=6'].map((entry) =>
    Buffer.from(entry, 'latin1'),
  );
  // Only a program that handles variables as bytes can set these: perl exists wherever a shell does.
  const wanted = [...fixed, ...entries];
  const list = join(root, 'list');
  writeFileSync(list, Buffer.concat(wanted.flatMap((entry) => [entry, Buffer.from([0])])));
  const script = `open F, '<', '${list}'; local $/; my $text = <F>; %ENV = (); foreach my $entry (split /\\0/, $text)
    { my $at = index($entry, '=', 1); $ENV{substr($entry, 0, $at)} = substr($entry, $at + 1); } exec @ARGV;`;
  const direct = execFileSync('perl', ['-e', script, 'cat', '/proc/self/environ']);
  const args = [program, 'run', '--root', root, '--', 'cat', '/proc/self/environ'];
  const through = execFileSync('perl', ['-e', script, ...args]);
  const sorted = (text: Buffer) => text.toString('latin1').split('\0').sort();
  assert.deepEqual(sorted(through), sorted(direct));
});

test('the installed program starts from a moved, a long, and a linked path', async (t) => {
  const volume = temporaryVolume(t);
  const deep = join(
    volume,
    ...Array.from({ length: 15 }, (_, index) => `${index}`.repeat(200).slice(0, 200)),
  );
  const { program } = await installedVolume(t, deep);
  const run = async (file: string, cwd?: string) => {
    const { status, stdout, stderr } = await emissary(['--version'], { program: file, ...(cwd && { cwd }) });
    assert.deepEqual([status, stderr], [0, ''], file);
    assert.match(stdout.toString(), /^emissary /);
  };
  await run(program);
  await run('./emissary', deep);
  const moved = join(volume, 'moved');
  renameSync(deep, moved);
  await run(join(moved, 'emissary'));
  symlinkSync('moved/emissary', join(volume, 'by-link'));
  await run(join(volume, 'by-link'));
  linkSync(join(moved, 'emissary'), join(moved, 'any-name'));
  await run(join(moved, 'any-name'));
});

test('the installed program exits 64 without its runtime, with an explanation', async (t) => {
  const { root } = await installedVolume(t);
  copyFileSync(join(root, 'emissary'), join(root, 'ctr/emissary'));
  const { status, stderr } = await emissary(['--version'], { program: join(root, 'ctr/emissary') });
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: cannot start: no directory runtime\/ next to the program.*\n$/);
});

test('the installed program starts in a tree that contains nothing else: no /proc, no /dev, no /etc', async (t) => {
  if (!requireRoot(t)) return;
  if (!requireProgram(t, 'busybox')) return;
  const { root } = await installedVolume(t);
  const tree = mkdtempSync(join(temporaryVolume(t), 'tree-'));
  cpSync(root, join(tree, 'volume'), { recursive: true, preserveTimestamps: true });
  mkdirSync(join(tree, 'bin'));
  copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
  for (const start of ['/volume/emissary', 'volume/emissary']) {
    const args = [tree, start, 'run', '--root', '/volume', '--', '/bin/busybox', 'env'];
    const output = execFileSync('/usr/sbin/chroot', args, { env: { ü: 'é', LD_PRELOAD: '/none' } });
    assert.equal(output.toString(), 'ü=é\nLD_PRELOAD=/none\n');
    rmSync(join(tree, 'volume/ctr/main'), { recursive: true });
  }
});

test('a signal at any moment of the start is obeyed, and the run is sealed', async (t) => {
  const { root, program } = await installedVolume(t);
  for (let moment = 0; moment < 40; moment++) {
    const name = `at-${moment}`;
    const args = ['run', '--name', name, '--', 'sleep', '60'];
    const job = startEmissary(t, args, { root, program });
    // Before its first instruction any signal kills a process; the moments here are later.
    const ofProcess = `/proc/${job.pid}/cmdline`;
    await until('the bootstrap has run', () => readFileSync(ofProcess, 'latin1').startsWith('emissary\0'));
    await pause(moment);
    job.kill('SIGTERM');
    const { status, signal } = await job.finished;
    assert.deepEqual([status, signal], [143, null], `after ${moment} ms`);
    assert.equal(readFileSync(join(root, 'ctr', name, 'exitcode'), 'utf8'), '143');
  }
});

test('TERM at any moment of the start as PID 1 stops the job with 143', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'unshare')) return;
  const { root, program } = await installedVolume(t);
  for (let moment = 0; moment < 20; moment++) {
    // The shell is PID 1 until it becomes the bootstrap; the signal comes some time after that.
    const wait = `until grep -aqz '^emissary$' /proc/1/cmdline; do :; done; sleep ${(moment * 3) / 1000}`;
    const under = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
    under.push('sh', '-c', `(${wait}; kill -TERM 1) & exec "$0" "$@"`);
    const args = ['run', '--name', `pid-1-${moment}`, '--', 'sleep', '60'];
    const { status } = await emissary(args, { root, program, under });
    assert.equal(status, 143, `after ${moment * 3} ms`);
  }
});
