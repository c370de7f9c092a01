import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { installedVolume } from '../helpers/installed.ts';
import { runJob } from '../helpers/job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** Prints its own arguments, each followed by NUL. */
const printsArgs = ['cat', '/proc/self/cmdline'];
/** The same for arguments that cat would take for files: `sh -c '…' argument…`. */
const showsArgs = ['sh', '-c', 'cat "/proc/$$/cmdline"', 'sh'];

test('run passes every argument through, byte for byte', async (t) => {
  const args = [
    '--',
    '-v',
    '',
    ' ',
    'two words',
    'line\nbreak',
    '\t',
    "'",
    '"',
    '$HOME',
    '*',
    'žluťoučký 🐎',
  ];
  const { stdout, kept } = await runJob(t, [...showsArgs, ...args]);
  assert.deepEqual(split(stdout), [...showsArgs, ...args]);
  assert.deepEqual(kept.result().command, [...showsArgs, ...args]);
});

test('run passes arguments through that are not UTF-8', async (t) => {
  const under = ['sh', '-c', 'exec "$@" "$(printf "a\\377\\376\\300b")"', 'sh'];
  const { stdout, kept } = await runJob(t, showsArgs, { under });
  const given = Buffer.from([0x61, 0xff, 0xfe, 0xc0, 0x62, 0]);
  assert.deepEqual(stdout.subarray(-given.length), given);
  assert.equal(kept.result().command.at(-1), 'a\u{FFFD}\u{FFFD}\u{FFFD}b');
});

test('run leaves the options of its own runtime to the job', async (t) => {
  const help = ['--help', '--v8-options'].map((option) =>
    execFileSync(process.execPath, [option]).toString(),
  );
  const names = new Set(help.join('\n').match(/(?<=^\s+(?:-\w, )?)--[a-z][a-z0-9-]+/gm));
  for (const known of ['--env-file', '--inspect', '--stack-size']) assert.ok(names.has(known), known);
  for (const untold of ['--experimental-config-file', '--experimental-default-config-file'])
    names.add(untold);
  const args = [...names].flatMap((name) => [name, `${name}=/none`, name, '/none']);
  const { status, stdout, stderr } = await runJob(t, [...showsArgs, ...args]);
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(split(stdout), [...showsArgs, ...args]);
});

test('run starts a job named like one of its own commands', async (t) => {
  const directory = temporaryVolume(t);
  for (const verb of ['run', 'wait', 'init', 'emissary']) {
    writeFileSync(join(directory, verb), '#!/bin/sh\necho "$0 $*"\n', { mode: 0o755 });
    const { status, stdout } = await runJob(t, [verb, '--name', 'x', '--', 'y'], {
      env: { PATH: `${directory}:${process.env['PATH']}` },
    });
    assert.deepEqual([status, stdout.toString()], [0, `${directory}/${verb} --name x -- y\n`]);
  }
});

test('emissary emissary -- is run', async (t) => {
  const root = temporaryVolume(t);
  const { status, stdout } = await emissary(['emissary', '--', 'echo', 'by', 'Argo’s name'], { root });
  assert.deepEqual([status, stdout.toString()], [0, 'by Argo’s name\n']);
});

test("--help and --version after -- are the job's arguments", async (t) => {
  const { stdout } = await runJob(t, ['echo', '--help', '--version']);
  assert.equal(stdout.toString(), '--help --version\n');
});

test("run accepts an argument of 128 KiB, the kernel's maximum", async (t) => {
  const longest = 'x'.repeat(128 * 1024 - 1);
  const { status, stdout } = await runJob(t, [...showsArgs, longest]);
  assert.equal(status, 0);
  assert.ok(split(stdout).at(-1) === longest);
});

for (const how of ['built', 'installed']) {
  test(`run accepts 1.9 MB of arguments, the kernel's maximum, with the ${how} program`, async (t) => {
    const { root, program } = how === 'built' ? { root: temporaryVolume(t) } : await installedVolume(t);
    const args = Array.from({ length: 14 }, (_, index) => String(index).padStart(128 * 1024 - 1, '.'));
    args.push('x'.repeat(65_000));
    const under = ['prlimit', '--stack=8388608'];
    // 1.9 MB is the kernel's quarter of the stack, including the variables.
    const { status, stdout } = await runJob(t, [...showsArgs, ...args], {
      root,
      under,
      ...(program !== undefined && { program }),
    });
    assert.equal(status, 0);
    assert.ok(split(stdout).slice(showsArgs.length).join() === args.join());
  });
}

for (const variable of ['EMISSARY_ARGS_FILE', 'ARGO_CONTAINER_ARGS_FILE']) {
  test(`run appends the arguments of ${variable}`, async (t) => {
    const env = { [variable]: argumentsFile(t, JSON.stringify(['', 'with space', 'ř\n', '--'])) };
    const { stdout } = await runJob(t, [...showsArgs, 'first'], { env });
    assert.deepEqual(split(stdout), [...showsArgs, 'first', '', 'with space', 'ř\n', '--']);
  });
}

test('run accepts 1.9 MB of arguments in the arguments file', async (t) => {
  const args = Array.from({ length: 19 }, (_, index) => String(index).padStart(100_000, '.'));
  const env = { EMISSARY_ARGS_FILE: argumentsFile(t, JSON.stringify(args)) };
  const { status, stdout } = await runJob(t, showsArgs, { env });
  assert.equal(status, 0);
  assert.ok(split(stdout).slice(showsArgs.length).join() === args.join());
});

const badFiles: readonly [string, string][] = [
  ['{"a":1}', 'not a JSON array of strings'],
  ['["a",1]', 'not a JSON array of strings'],
  ['["a","b\\u0000c"]', 'argument 1 contains a NUL byte'],
  ['["a"', 'not valid JSON (it ends too early, at line 1, column 5)'],
  ['', 'not valid JSON (it ends too early, at line 1, column 1)'],
  ['no JSON', 'not valid JSON (line 1, column 2)'],
  ['null', 'not a JSON array of strings'],
  [' '.repeat(4 * 1024 * 1024 + 1), 'larger than 4194304 bytes'],
];

for (const [content, problem] of badFiles) {
  test(`run rejects an arguments file: ${problem}`, async (t) => {
    const file = argumentsFile(t, content);
    await refused(t, file, `Cannot use the arguments file: ${problem}`);
  });
}

test('run reads an arguments file from a pipe, but not from a device', async (t) => {
  const args = Array.from({ length: 5 }, (_, index) => String(index).padStart(50_000, '.'));
  const piped = { stdin: JSON.stringify(args), env: { EMISSARY_ARGS_FILE: '/dev/stdin' } };
  const { stdout } = await runJob(t, showsArgs, { ...piped, under: ['sh', '-c', 'cat | "$@"', 'sh'] });
  assert.deepEqual(split(stdout), [...showsArgs, ...args]);
  await refused(t, '/dev/zero', 'Cannot use the arguments file: it is not a regular file');
});

test('run rejects a missing arguments file', async (t) => {
  const problem = 'ENOENT: no such file or directory';
  await refused(t, '/no/such/file', `Cannot use the arguments file: ${problem}`);
});

test('run shows the arguments from the arguments file in the result', async (t) => {
  const env = { EMISSARY_ARGS_FILE: argumentsFile(t, '["from the file"]') };
  const { kept } = await runJob(t, [...printsArgs], { env });
  assert.deepEqual(kept.result().command, [...printsArgs, 'from the file']);
});

async function refused(t: TestContext, file: string, message: string): Promise<void> {
  const { status, stdout, stderr, kept } = await runJob(t, ['echo', 'x'], {
    env: { EMISSARY_ARGS_FILE: file },
  });
  assert.deepEqual([status, stdout.toString(), stderr], [64, '', `emissary: ${message}\n`]);
  assert.equal(kept.text('exitcode'), '64');
  const { verdict, origin, message: said } = kept.result();
  assert.deepEqual([verdict, origin, said], ['error', 'emissary', message]);
}

function argumentsFile(t: TestContext, content: string): string {
  const file = join(temporaryVolume(t), 'arguments.json');
  writeFileSync(file, content);
  return file;
}

function split(bytes: Buffer): readonly string[] {
  return bytes.toString().replace(/\0$/, '').split('\0');
}
