import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { hostProgram, program } from '../helpers/program.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('launch looks like its job: its bytes on each stream, its exit code, nothing left', async (t) => {
  const TMPDIR = temporaryVolume(t);
  const script = "printf 'out\\377\\n'; printf 'err\\376' >&2; exit 3";
  const { status, stdout, stderr } = await emissary(['launch', '--', 'sh', '-c', script], {
    env: { TMPDIR },
  });
  assert.equal(status, 3);
  assert.deepEqual(stdout, Buffer.from('out\xff\n', 'latin1'));
  assert.equal(stderr, 'err\ufffd');
  assert.deepEqual(readdirSync(TMPDIR), []);
});

test('launch finds the pod program of a release under its own name', async (t) => {
  const directory = temporaryVolume(t);
  const [own = '', pod = ''] = ['multiflexi-emissary', 'emissary'].map((name) =>
    join(directory, `${name}-1.2.3-linux-amd64`),
  );
  copyFileSync(hostProgram, own);
  copyFileSync(program, pod);
  const { status, stdout, stderr } = await emissary(['launch', '--', 'echo', 'launched'], { program: own });
  assert.deepEqual([status, stdout.toString(), stderr], [0, 'launched\n', '']);
});

test('launch reports the job to the database, and keeps its credentials from the job', async (t) => {
  const job = reportedJob(t);
  const TMPDIR = temporaryVolume(t);
  const env = { ...job.env, TMPDIR, MULTIFLEXI_API_PASSWORD: 'not for the job' };
  const { status, stdout, stderr } = await emissary(['launch', '--', 'env'], { env });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(job.row().exitcode, 0);
  assert.doesNotMatch(stdout.toString(), /MULTIFLEXI_(?:DATABASE|API)_/);
  assert.match(stdout.toString(), /^MULTIFLEXI_JOB_ID=\d+$/m);
  assert.ok(job.lines().some(({ line }) => line.startsWith('MULTIFLEXI_JOB_ID=')));
  assert.deepEqual(readdirSync(TMPDIR), []);
});

test('launch that gets TERM stops its job, waits for the report, and exits with the job’s code', async (t) => {
  const job = reportedJob(t);
  const script = "trap 'echo stopped; exit 7' TERM; echo ready; while :; do sleep 0.05; done";
  const launched = startEmissary(t, ['launch', '--root', job.root, '--', 'bash', '-c', script], job);
  await until('the job is ready', () => launched.stdout().toString().includes('ready'));
  launched.kill('SIGTERM');
  const { status, stdout, stderr } = await launched.finished;
  assert.deepEqual([status, stdout.toString()], [7, 'ready\nstopped\n']);
  assert.match(stderr, /^Stopping the job \(SIGTERM\)\. Interrupt again to kill it\.\n/);
  assert.equal(job.row().exitcode, 7);
});

test('launch that cannot report keeps the volume, says where, and exits 64 though the job succeeded', async (t) => {
  const TMPDIR = temporaryVolume(t);
  const env = { TMPDIR, MULTIFLEXI_JOB_ID: '1', MULTIFLEXI_DATABASE_URL: 'sqlite:///nowhere/at.sqlite' };
  const { status, stderr } = await emissary(['launch', '--', 'true'], { env });
  assert.equal(status, 64);
  const kept = /the job's volume is kept in ([^\s;]+)/.exec(stderr)?.[1] ?? '';
  assert.equal(readFileSync(join(kept, 'ctr/main/exitcode'), 'latin1'), '0');
});

test('launch stops the job when its timeout is over', async (t) => {
  const root = temporaryVolume(t);
  const { status } = await emissary(['launch', '--root', root, '--timeout', '0.2', '--', 'sleep', '60']);
  assert.equal(status, 143);
  assert.ok(existsSync(join(root, 'ctr/main/exitcode')));
});

test('launch exits 64 with one sentence for what it cannot run', async (t) => {
  const refused: readonly (readonly [args: readonly string[], sentence: RegExp])[] = [
    [[], /launch: put the command behind --; see multiflexi-emissary launch --help/],
    [['sleep', '1'], /launch: put the command behind --/],
    [['--engine', 'docker', '--', 'true'], /launch: a command needs an image; set one with --image/],
    [['--report', 'cluster', '--', 'true'], /--report must be host, sidecar or none/],
    [['--job-id', 'x', '--', 'true'], /--job-id /],
    [['--timeout', 'soon', '--', 'true'], /--timeout /],
    [['--template', '/nowhere', '--', 'true'], /init failed: Cannot read template of --template/],
  ];
  for (const [args, sentence] of refused) {
    const { status, stdout, stderr } = await emissary(['launch', ...args]);
    assert.deepEqual([status, stdout.toString()], [64, ''], args.join(' '));
    assert.match(stderr, new RegExp(`^(?:emissary: )${sentence.source}[^\n]*\n$`), args.join(' '));
  }
  const alone = join(temporaryVolume(t), 'bin');
  mkdirSync(alone);
  copyFileSync(hostProgram, join(alone, 'multiflexi-emissary'));
  const program = join(alone, 'multiflexi-emissary');
  const { status, stderr } = await emissary(['launch', '--', 'true'], { program });
  assert.deepEqual([status, /Cannot find the pod program \S+\/emissary/.test(stderr)], [64, true], stderr);
});

test('launch of an installed program exits with the job’s code, and uses what was installed', async (t) => {
  const root = temporaryVolume(t);
  assert.equal((await emissary(['init'], { root, program: hostProgram })).status, 0);
  const program = join(root, 'emissary');
  const { status, stdout, stderr } = await emissary(['launch', '--', 'sh', '-c', 'echo launched; exit 5'], {
    program,
  });
  assert.deepEqual([status, stdout.toString(), stderr], [5, 'launched\n', '']);
});
