import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { fixture } from '../helpers/fixture.ts';
import { keptBy, runJob, startReadyJob } from '../helpers/job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const seconds = 'is not a number of seconds (0 or more)';
const whole = 'is not a whole number (0 or more)';
const label = 'is not a container name (a DNS label: a-z, 0-9 and -, at most 63)';
const help = 'see emissary run --help';
const tooLong = 'a'.repeat(64);

const commandLines: readonly [readonly string[], string][] = [
  [['--grace', 'x'], `--grace ${seconds}`],
  [['--grace', '-1'], `--grace ${seconds}`],
  [['--grace='], `--grace ${seconds}`],
  [['--grace', '99999999999'], '--grace is more than 1000000000 seconds'],
  [['--timeout=-1'], `--timeout ${seconds}`],
  [['--timeout', '1e3'], `--timeout ${seconds}`],
  [['--timeout', 'inf'], `--timeout ${seconds}`],
  [['--name', 'A'], `--name ${label}`],
  [['--name', ''], `--name ${label}`],
  [['--name', '../x'], `--name ${label}`],
  [['--name', tooLong], `--name ${label}`],
  [['--root', 'relative'], '--root is not an absolute path'],
  [['--root='], '--root is not an absolute path'],
  [['--stop-signal', 'NONE'], '--stop-signal is not a signal'],
  [['--stop-signal', '0'], '--stop-signal is not a signal'],
  [['--stop-signal', '65'], '--stop-signal is not a signal'],
  [['--log-limit', '-5'], `--log-limit ${whole}`],
  [['--log-limit', '1.5'], `--log-limit ${whole}`],
  [['--log-limit', '1G'], `--log-limit ${whole}`],
  [['--combined=yes'], `run: option --combined takes no value; ${help}`],
  [['--grace'], `run: option --grace needs a value (SECONDS); ${help}`],
  [['--json'], `run: unknown option --json; ${help}`],
  // Options of the Node runtime.
  [['--env-file', '/none'], `run: unknown option --env-file; ${help}`],
  [['--experimental-config-file=/none'], `run: unknown option --experimental-config-file; ${help}`],
  [['-x'], `run: unknown option -x; ${help}`],
  [['echo'], 'run: put -- before the command: emissary run [options] -- COMMAND [ARG…]'],
];

for (const [options, message] of commandLines) {
  test(`run rejects ${JSON.stringify(options)}`, async (t) => {
    const { status, stdout, stderr } = await runJob(t, ['echo', 'started'], { options });
    assert.deepEqual([status, stdout.toString(), stderr], [64, '', `emissary: ${message}\n`]);
  });
}

const variables: readonly [string, string, string][] = [
  ['EMISSARY_GRACE_SECONDS', 'x', seconds],
  ['ARGO_TERMINATION_GRACE_PERIOD_SECONDS', '-1', seconds],
  ['EMISSARY_TIMEOUT_SECONDS', 'soon', seconds],
  ['EMISSARY_CONTAINER_NAME', 'x_y', label],
  ['ARGO_CONTAINER_NAME', '../x', label],
  ['EMISSARY_STOP_SIGNAL', 'NONE', 'is not a signal'],
  ['EMISSARY_LOG_LIMIT_BYTES', 'much', whole],
];

for (const [variable, value, problem] of variables) {
  test(`run rejects ${variable}=${value}`, async (t) => {
    const { status, stdout, stderr } = await runJob(t, ['echo', 'started'], { env: { [variable]: value } });
    const message = `emissary: ${variable} ${problem}\n`;
    assert.deepEqual([status, stdout.toString(), stderr], [64, '', message]);
  });
}

test('run rejects a command line without a command', async (t) => {
  for (const [args, problem] of [
    [['run', '--'], 'run: no command after --; usage: emissary run [options] -- COMMAND [ARG…]'],
    [['emissary', '--'], 'run: no command after --; usage: emissary run [options] -- COMMAND [ARG…]'],
    [['run'], 'run: no command after --; usage: emissary run [options] -- COMMAND [ARG…]'],
  ] as const) {
    const root = temporaryVolume(t);
    const { status, stdout, stderr } = await emissary(args, { root });
    assert.deepEqual([status, stdout.toString(), stderr], [64, '', `emissary: ${problem}\n`]);
    assert.equal(keptBy(root).text('exitcode'), '64');
  }
});

test('run rejects a template that is a directory', async (t) => {
  const root = temporaryVolume(t);
  mkdirSync(join(root, 'template'));
  const { status, stdout, stderr, kept } = await runJob(t, ['echo', 'started'], { root });
  const message = `Cannot read template ${root}/template: it is not a regular file`;
  assert.deepEqual([status, stdout.toString(), stderr], [64, '', `emissary: ${message}\n`]);
  assert.deepEqual([kept.text('exitcode'), kept.result().message], ['64', message]);
});

test('run seals the container after rejecting its settings, if the container is known', async (t) => {
  const { kept } = await runJob(t, ['true'], { options: ['--grace', 'x'], name: 'step' });
  assert.equal(kept.text('exitcode'), '64');
  const { verdict, origin, message } = kept.result();
  assert.deepEqual([verdict, origin, message], ['error', 'emissary', `--grace ${seconds}`]);
});

test('run replaces its own environment by EMISSARY_ENV_FILE for the job', async (t) => {
  const file = join(temporaryVolume(t), 'variables');
  writeFileSync(file, JSON.stringify({ A: 'of the file\n', B: '', EMISSARY_GRACE_SECONDS: '1' }));
  const env = { EMISSARY_ENV_FILE: file, A: 'of the pod', C: 'c' };
  const { status, stdout } = await runJob(t, ['env', '-0'], { env });
  const entries = stdout.toString().split('\0');
  assert.equal(status, 0);
  assert.deepEqual(entries.filter((entry) => /^(A|B|C|EMISSARY_.*)=/.test(entry)).sort(), [
    'A=of the file\n',
    'B=',
    'C=c',
  ]);
});

for (const [text, problem] of [
  [null, /^cannot read its file \(ENOENT: no such file or directory\)$/],
  ['{"A":"hidden"', /^its file does not hold a JSON object of texts$/],
  ['["hidden"]', /^its file does not hold a JSON object of texts$/],
  ['{"A":1}', /^entry 1 of its file is not a variable with a text$/],
  ['{"A=B":"hidden"}', /^entry 1 of its file is not a variable with a text$/],
  ['{"":"hidden"}', /^entry 1 of its file is not a variable with a text$/],
  ['{"A":"hid\\u0000den"}', /^entry 1 of its file is not a variable with a text$/],
  [`{"A":"${'x'.repeat(2 * 1024 * 1024)}"}`, /^cannot read its file \(larger than 2097152 bytes\)$/],
] as const) {
  test(`run rejects and seals an EMISSARY_ENV_FILE: ${problem}, ${text?.length}`, async (t) => {
    const file = join(temporaryVolume(t), 'variables');
    if (text !== null) writeFileSync(file, text);
    const { status, stdout, stderr, kept } = await runJob(t, ['echo', 'started'], {
      env: { EMISSARY_ENV_FILE: file },
    });
    const { verdict, origin, message } = kept.result();
    assert.deepEqual([status, stdout.toString(), kept.text('exitcode')], [64, '', '64']);
    assert.deepEqual([verdict, origin, stderr], ['error', 'emissary', `emissary: ${message}\n`]);
    const [variable, said] = [message?.slice(0, 19), message?.slice(19)];
    assert.equal(variable, 'EMISSARY_ENV_FILE: ');
    assert.match(said ?? '', problem);
    assert.doesNotMatch(stderr, /hidden/);
  });
}

test('run seals the container that EMISSARY_ENV_FILE names after rejecting its settings', async (t) => {
  const root = temporaryVolume(t);
  const file = join(root, 'variables');
  writeFileSync(file, JSON.stringify({ EMISSARY_CONTAINER_NAME: 'step', EMISSARY_GRACE_SECONDS: 'x' }));
  const { status, kept } = await runJob(t, ['true'], { root, env: { EMISSARY_ENV_FILE: file } });
  assert.deepEqual([status, kept.has('exitcode'), keptBy(root, 'step').text('exitcode')], [64, false, '64']);
});

test('run does not seal a running container after rejecting a command line', async (t) => {
  const job = await startReadyJob(t, [fixture('waits.sh')]);
  const { status } = await runJob(t, ['true'], { options: ['--grace', 'x'], root: job.kept.root });
  assert.deepEqual([status, job.kept.has('exitcode'), job.kept.has('started')], [64, false, true]);
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 143);
});

test('run reports a missing volume and starts nothing', async (t) => {
  const { status, stdout, stderr } = await runJob(t, ['echo', 'started'], {
    options: ['--root', '/dev/null/x'],
  });
  assert.deepEqual([status, stdout.toString()], [64, '']);
  assert.match(stderr, /^emissary: Cannot use the volume \/dev\/null\/x: ENOTDIR: [^\n]*\n$/);
});
