import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { program } from '../helpers/program.ts';
import { restJob } from '../helpers/rest-job.ts';
import { reportedJob, startWait } from '../helpers/sidecar.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** The words of a job that prints one line, waits for a file, and prints another. */
function inTwoParts(root: string): readonly string[] {
  return ['run', '--', 'sh', '-c', `echo one; while [ ! -e "${root}/go" ]; do sleep 0.05; done; echo two`];
}

test('lines that somebody deletes while the job runs do not hold the sidecar for ever', async (t) => {
  const job = reportedJob(t);
  const add = 'insert into job_output_lines (job_id, seq, type, line) values (?, ?, ?, ?) returning id';
  for (const seq of [1, 2, 3]) job.database.query(add, job.jobId, seq, 'stdout', 'of an earlier run\n');
  const sidecar = await startWait(t, job);
  await until('the sidecar has looked', () => existsSync(`${job.root}/report/first-line.json`));
  job.database.query('delete from job_output_lines where job_id = ? returning id', job.jobId);
  await runJob(t, ['echo', 'hello'], { root: job.root });
  const { status } = await sidecar.finished;
  assert.equal(status, 0);
  assert.deepEqual(job.lines(), [{ seq: 4, type: 'stdout', line: 'hello\n' }]);
});

test('an SQLite file that another takes the place of is opened again', async (t) => {
  const job = reportedJob(t);
  const copy = `${job.database.path}.copy`;
  copyFileSync(job.database.path, copy);
  const sidecar = await startWait(t, job);
  const run = startEmissary(t, inTwoParts(job.root), { root: job.root });
  await until('the first line is stored', () => job.lines().length === 1);
  renameSync(copy, job.database.path);
  writeFileSync(`${job.root}/go`, '');
  await run.finished;
  const { status, stderr } = await sidecar.finished;
  assert.equal(status, 0);
  assert.match(stderr, /another file has taken its place; trying again\n/);
  assert.deepEqual(
    job.lines().map(({ line }) => line),
    ['one\n', 'two\n'],
  );
  assert.equal(job.row().exitcode, 0);
});

test('a stop with more output than there is time for: the end is stored, and the rest can be delivered', async (t) => {
  const job = reportedJob(t);
  const sidecar = await startWait(t, job, ['--grace', '5']);
  const count = 60_000_000;
  // Where the machine is busy with other things, it could keep up with the job: it stands still until all is there.
  sidecar.kill('SIGSTOP');
  await runJob(t, ['sh', '-c', `yes "" | head -n ${count}; exit 3`], { root: job.root });
  sidecar.kill('SIGCONT');
  await until('lines are stored', () => existsSync(`${job.root}/report/first-line.json`));
  sidecar.kill('SIGTERM');
  const { status, stderr } = await sidecar.finished;
  assert.equal(status, 64);
  assert.match(stderr, /no time to store all of the output/);
  assert.equal(job.row().exitcode, 3);
  assert.notEqual(job.row().end, null);
  const stored = () =>
    job.database.query<{ bytes: number }>(
      'select sum(length(line)) as bytes from job_output_lines where job_id = ?',
      job.jobId,
    )[0];
  assert.ok((stored()?.bytes ?? 0) < count);
});

test('TERM while the end is delivered with no grace at all leaves a little time', async (t) => {
  const job = reportedJob(t);
  await runJob(t, ['sh', '-c', 'seq 200000; exit 3'], { root: job.root });
  const sidecar = await startWait(t, job, ['--grace', '0']);
  sidecar.kill('SIGTERM');
  await sidecar.finished;
  assert.equal(job.row().exitcode, 3);
});

test('a REST server that turns from variant A to C in the middle leaves the row to the database', async (t) => {
  const refusal = { status: 400, body: '{"error":"Missing runtemplate_id"}' };
  const job = await restJob(t, 'A', [null, refusal, refusal, refusal, refusal]);
  await runJob(t, ['sh', '-c', 'echo x; exit 4'], { root: job.root });
  await emissary(['wait'], { root: job.root, env: { ...job.env, ...job.rest } });
  assert.equal(job.row().exitcode, 4);
  assert.notEqual(job.row().end, null);
});

test('a directory in the place of what a killed sidecar half wrote is left where it is', async (t) => {
  const job = reportedJob(t);
  await runJob(t, ['echo', 'hello'], { root: job.root });
  mkdirSync(`${job.root}/report/.emissary.7.tmp/x`, { recursive: true });
  const { status, stderr } = await emissary(['wait'], { root: job.root, env: job.env });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(job.row().exitcode, 0);
});

test('a standard output that does not take the result is said in a sentence, and report prints it later', async (t) => {
  const { kept } = await runJob(t, ['echo', 'hello']);
  const full = openSync('/dev/full', 'w');
  const sidecar = spawn(program, ['wait', '--root', kept.root], { stdio: ['ignore', full, 'pipe'], env: {} });
  closeSync(full);
  let stderr = '';
  sidecar.stderr?.on('data', (bytes) => {
    stderr += bytes;
  });
  const status = await new Promise((resolve) => sidecar.once('close', resolve));
  assert.equal(status, 64);
  assert.match(
    stderr,
    /: Cannot write to the standard output: ENOSPC: no space left on device, write\n.*"emissary report/,
  );
  assert.doesNotMatch(stderr, / at .*\(/);
  const report = await emissary(['report'], { root: kept.root });
  assert.equal(JSON.parse(report.stdout.toString()).exitCode, 0);
});

test('a standard output that is full and does not block gets all of a long document', async (t) => {
  const root = temporaryVolume(t);
  const containers = Array.from({ length: 1000 }, (_, index) => ({ name: `${'c'.repeat(58)}-${index}` }));
  writeFileSync(`${root}/template`, JSON.stringify({ containerSet: { containers } }));
  // O_NONBLOCK belongs to the open pipe, which a caller shares with us; a shell's pipe is small and its reader slow.
  const caller = 'use Fcntl; fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK); exec @ARGV';
  const slowly = `perl -e '${caller}' "$@" | { sleep 0.2; cat; }; exit "\${PIPESTATUS[0]}"`;
  const { status, stdout, stderr } = await emissary(['status', '--json'], {
    root,
    under: ['bash', '-c', slowly, 'bash'],
  });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(JSON.parse(stdout.toString()).containers.length, 1000);
});
