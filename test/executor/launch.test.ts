import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { executorJob, recordingLaunch } from '../helpers/php-executor.ts';
import { requireProgram } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const tailBytes = 32_768;
const maxGrowth = 16 * 1024 * 1024;

test('a job of 100 MB of output leaves PHP small, with the last 32 KiB of each stream', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const script = `
    head -c 100000000 /dev/zero | tr '\\0' x; printf 'the end\\n'
    head -c 1000000 /dev/zero | tr '\\0' y >&2; printf 'its end\\n' >&2; exit 3`;
  const { status, stdout, facts } = await executorJob(t, { env: recordingLaunch(t, script).env }).run();
  assert.equal(status, 3);
  assert.equal(stdout.length, tailBytes);
  assert.ok(facts.output.endsWith('xxx' + 'the end\n'));
  assert.equal(facts.errorOutput.length, tailBytes);
  assert.ok(facts.errorOutput.endsWith('yyy' + 'its end\n'));
  assert.ok(facts.grown < maxGrowth, `grown by ${facts.grown} bytes`);
});

for (const [first, second] of [
  ['1', '2'],
  ['2', '1'],
])
  test(`1 MB on descriptor ${first} before the first byte on ${second} blocks nothing`, async (t) => {
    if (!requireProgram(t, 'php')) return;
    const script = `head -c 1000000 /dev/zero >&${first}; printf late >&${second}`;
    const { facts } = await executorJob(t, { env: recordingLaunch(t, script).env }).run();
    assert.equal(facts.exitCode, 0);
    assert.equal(second === '1' ? facts.output : facts.errorOutput, 'late');
  });

test('a tail begins with a whole character', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const script = `printf 'ž%.0s' $(seq 20000); printf x`;
  const { facts } = await executorJob(t, { env: recordingLaunch(t, script).env }).run();
  assert.match(facts.output, /^ž{16383}x$/);
});

test('output after the end of launch by a process that it left does not keep the class', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const script = 'sleep 600 & echo $!; exit 4';
  const { facts } = await executorJob(t, { env: recordingLaunch(t, script).env }).run();
  assert.equal(facts.exitCode, 4);
  process.kill(Number(facts.output), 'SIGKILL');
});

test('launch is started with no signal blocked or ignored', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const launch = recordingLaunch(t);
  await executorJob(t, { env: launch.env }).run();
  assert.deepEqual(launch.text('signals').match(/[0-9a-f]{16}/g), ['0'.repeat(16), '0'.repeat(16)]);
});

test('no time limit of PHP ends a job', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const script = 'sleep 2; echo late';
  const php = ['-d', 'max_execution_time=1', '-d', 'default_socket_timeout=1', '-d', 'max_input_time=1'];
  const { facts } = await executorJob(t, { php, env: recordingLaunch(t, script).env }).run();
  assert.deepEqual([facts.exitCode, facts.output], [0, 'late\n']);
});

test('the process ID and the exit code of launch are those of the job', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const { job, run } = executorJob(t, { env: recordingLaunch(t, 'echo $$; exit 42').env });
  const { status, facts } = await run();
  assert.equal(status, 42);
  assert.equal(facts.meaning, 'The job failed with exit code 42');
  assert.equal(facts.pid, Number(facts.output));
  const { pid, exitcode } = job.row();
  assert.deepEqual([pid, exitcode], [facts.pid, 42]);
});

test('the exit code of a launch that exits at once is kept', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const { facts } = await executorJob(t, { env: { EMISSARY_LAUNCHER: '/bin/false' } }).run();
  assert.equal(facts.exitCode, 1);
});

test('a launch that was killed counts as a killed job', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const { facts } = await executorJob(t, { env: recordingLaunch(t, 'kill -KILL $$').env }).run();
  assert.equal(facts.exitCode, 137);
  assert.match(facts.meaning, /SIGKILL/);
});

test('what launch says when it refuses a job is what people see', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const script = 'echo "emissary: --engine: kubernetes is not available in this version" >&2; exit 64';
  const { job, run } = executorJob(t, {
    executor: 'EmissaryKubernetes',
    env: recordingLaunch(t, script).env,
  });
  const { facts, stderr } = await run();
  const sentence = '--engine: kubernetes is not available in this version';
  assert.equal(facts.exitCode, 64);
  assert.equal(facts.meaning, sentence);
  assert.ok(stderr.includes(sentence));
  assert.deepEqual(job.lines(), [{ seq: 1, type: 'error', line: `${sentence}\n` }]);
});

test('a job that exits with 64 itself is no refusal', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const { job, run } = executorJob(t, { env: recordingLaunch(t, 'echo "usage: …" >&2; exit 64').env });
  const { facts } = await run();
  assert.match(facts.meaning, /usage error/);
  assert.deepEqual(job.lines(), []);
});

const programs = [
  { what: 'missing', code: 127, sentence: /was not found; install multiflexi-emissary/ },
  { what: 'not executable', code: 126, sentence: /cannot be executed/ },
  { what: 'a directory', code: 126, sentence: /cannot be executed/ },
  { what: 'not in PATH', code: 127, sentence: /^Cannot run the job: multiflexi-emissary was not found/ },
];
for (const { what, code, sentence } of programs)
  test(`a launch that is ${what} is exit code ${code} and a sentence, with 1 MB of variables`, async (t) => {
    if (!requireProgram(t, 'php')) return;
    const { job, run } = executorJob(t, {
      variables: { LARGE: 'x'.repeat(1_000_000) },
      env: launcher(t, what),
    });
    const { status, facts, stderr } = await run();
    assert.equal(status, code);
    assert.match(facts.meaning, sentence);
    assert.ok(stderr.includes(facts.meaning));
    assert.deepEqual(job.lines(), [{ seq: 1, type: 'error', line: `${facts.meaning}\n` }]);
    assert.equal(job.row().exitcode, code);
  });

function launcher(t: TestContext, what: string): Record<string, string> {
  const directory = temporaryVolume(t);
  const file = join(directory, 'launcher');
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, 0o644);
  switch (what) {
    case 'not executable':
      return { EMISSARY_LAUNCHER: file };
    case 'a directory':
      return { EMISSARY_LAUNCHER: directory };
    case 'missing':
      return { EMISSARY_LAUNCHER: join(directory, 'nothing') };
    default:
      return { EMISSARY_LAUNCHER: '', PATH: `${directory}:${process.env['PATH']}` };
  }
}

test('1 MB of variables reaches launch, even if it exits without reading them', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const LARGE = 'x'.repeat(1_000_000);
  const launch = recordingLaunch(t, 'exit 5');
  const { facts } = await executorJob(t, { variables: { LARGE }, env: launch.env }).run();
  assert.equal(facts.exitCode, 5);
  assert.equal(launch.file('variables.json')['LARGE'], LARGE);
});

test('a job whose files cannot be written is refused with a sentence', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const missing = join(temporaryVolume(t), 'nothing');
  const { facts } = await executorJob(t, { env: { ...recordingLaunch(t).env, TEST_TMP: missing } }).run();
  assert.equal(facts.exitCode, 64);
  assert.match(
    facts.meaning,
    /^Cannot run the job: cannot create the directory .*: No such file or directory$/,
  );
});
