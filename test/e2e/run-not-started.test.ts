import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runJob } from '../helpers/job.ts';
import { requireProgram } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('run exits 127 if the command is not in PATH', async (t) => {
  await refused(t, ['no-such-command'], 127, 'Cannot run "no-such-command": not found in PATH');
});

test('run exits 127 if the path does not exist', async (t) => {
  await refused(t, ['/no/such/file'], 127, 'Cannot run "/no/such/file": no such file');
});

test('run exits 127 if the command is empty', async (t) => {
  await refused(t, [''], 127, 'Cannot run "": the command is empty');
});

test('run exits 127 if the interpreter of a script is missing', async (t) => {
  const file = make(t, '#!/no/such/interpreter\n', 0o755);
  await refused(t, [file], 127, `Cannot run "${file}": its interpreter is missing`);
});

test('run exits 126 if the command is a directory', async (t) => {
  await refused(t, ['/usr'], 126, 'Cannot run "/usr": it is a directory');
});

test('run exits 126 if the file is not executable', async (t) => {
  const file = make(t, '#!/bin/sh\n', 0o644);
  await refused(t, [file], 126, `Cannot run "${file}": execute permission denied`);
});

test('run exits 126 if the file has an unknown format', async (t) => {
  const file = make(t, 'neither a program nor a script\n', 0o755);
  await refused(t, [file], 126, `Cannot run "${file}": this machine cannot run it (bad executable format)`);
});

test('run exits 126 if an argument exceeds the kernel limit', async (t) => {
  const { kept } = await runJob(t, ['true'], { env: argumentsFile(t, ['x'.repeat(128 * 1024)]) });
  const message = 'the arguments and variables exceed the kernel limit';
  assert.equal(kept.result().exitCode, 126);
  assert.match(kept.result().message ?? '', new RegExp(`^Cannot run ".*/true": ${message}$`));
});

test('run finds a command in PATH as execvp does', async (t) => {
  const directory = temporaryVolume(t);
  for (const part of ['not-executable', 'directory', 'good', 'later']) mkdirSync(join(directory, part));
  writeFileSync(join(directory, 'not-executable/tool'), '#!/bin/sh\necho wrong\n', { mode: 0o644 });
  mkdirSync(join(directory, 'directory/tool'));
  writeFileSync(join(directory, 'good/tool'), '#!/bin/sh\necho good\n', { mode: 0o755 });
  writeFileSync(join(directory, 'later/tool'), '#!/bin/sh\necho later\n', { mode: 0o755 });
  const path = (...parts: readonly string[]) => parts.map((part) => join(directory, part)).join(':');
  const found = await runJob(t, ['tool'], {
    env: { PATH: path('missing', 'not-executable', 'directory', 'good', 'later') },
  });
  assert.deepEqual([found.status, found.stdout.toString()], [0, 'good\n']);
  const message = `Cannot run "${directory}/not-executable/tool": execute permission denied`;
  await refused(t, ['tool'], 126, message, { env: { PATH: path('not-executable', 'missing') } });
  const here = await runJob(t, ['tool'], { env: { PATH: '/none::/none' }, cwd: join(directory, 'good') });
  assert.deepEqual([here.status, here.stdout.toString()], [0, 'good\n']);
  const relative = await runJob(t, ['good/tool'], { env: { PATH: '/none' }, cwd: directory });
  assert.deepEqual([relative.status, relative.stdout.toString()], [0, 'good\n']);
});

test('run searches /bin and /usr/bin if PATH is not set', async (t) => {
  const { status, stdout } = await runJob(t, ['sh', '-c', 'echo found'], { under: ['env', '-u', 'PATH'] });
  assert.deepEqual([status, stdout.toString()], [0, 'found\n']);
});

/** The job is not started; the reason is on standard error and in the result. */
async function refused(
  t: TestContext,
  command: readonly string[],
  code: 126 | 127,
  message: string,
  setting = {},
): Promise<void> {
  const { status, stdout, stderr, kept } = await runJob(t, command, setting);
  assert.deepEqual([status, stdout.toString(), stderr], [code, '', `emissary: ${message}\n`]);
  assert.equal(kept.text('exitcode'), String(code));
  const { verdict, exitCode, signal, origin, pid, attempts, ...result } = kept.result();
  assert.deepEqual([verdict, exitCode, signal, origin, pid], ['failed', code, null, 'emissary', null]);
  assert.deepEqual([result.message, attempts.length, kept.has('started')], [message, 1, false]);
}

function make(t: TestContext, content: string, mode: number): string {
  const file = join(temporaryVolume(t), 'file');
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

function argumentsFile(t: TestContext, args: readonly string[]): Record<string, string> {
  const file = join(temporaryVolume(t), 'arguments');
  writeFileSync(file, JSON.stringify(args));
  return { EMISSARY_ARGS_FILE: file };
}

for (const [errno, reason] of [
  ['EAGAIN', 'too many processes'],
  ['ENOMEM', 'out of memory'],
] as const) {
  test(`run exits 64, its own failure, if no process can be started: ${errno}`, async (t) => {
    if (!requireProgram(t, 'strace')) return;
    const file = make(t, '#!/bin/sh\n', 0o755);
    const under = ['strace', '-f', '-o', '/dev/null', '-P', file, '-e', `inject=execve:error=${errno}`];
    const { status, stderr, kept } = await runJob(t, [file], { under });
    const message = `Cannot run "${file}": ${reason}`;
    assert.deepEqual([status, stderr], [64, `emissary: ${message}\n`]);
    const { verdict, origin, exitCode, message: recorded } = kept.result();
    assert.deepEqual(
      [kept.text('exitcode'), verdict, origin, exitCode, recorded],
      ['64', 'error', 'emissary', 64, message],
    );
  });
}

for (const [stream, nth] of [
  ['standard output', 1],
  ['standard error', 3],
] as const) {
  test(`run terminates the job before sealing its own failure if it cannot watch ${stream}`, async (t) => {
    if (!requireProgram(t, 'strace')) return;
    const trap = `inject=epoll_ctl:error=ENOSPC:when=${nth}`;
    const under = ['strace', '-f', '-b', 'execve', '-o', '/dev/null', '-e', trap];
    const { status, stderr, kept } = await runJob(t, ['sleep', '60'], { under });
    const message = "Cannot watch the job's output: the limit of watched descriptors is reached";
    assert.deepEqual([status, stderr], [64, `emissary: ${message}\n`]);
    assert.deepEqual([kept.text('exitcode'), kept.result().message], ['64', message]);
    // Usage is zero while the job has not been reaped.
    assert.notEqual(kept.result().usage.maxRssBytes, 0);
  });
}
