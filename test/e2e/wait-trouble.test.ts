import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { program } from '../helpers/program.ts';
import { reportedJob, startWait } from '../helpers/reported-job.ts';
import { restJob } from '../helpers/rest-job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** The command line of a job that prints one line, waits for a file, and prints another. */
function inTwoParts(root: string): readonly string[] {
  return ['run', '--', 'sh', '-c', `echo one; while [ ! -e "${root}/go" ]; do sleep 0.05; done; echo two`];
}

test('wait is not blocked by lines that somebody deletes while the job runs', async (t) => {
  const job = reportedJob(t);
  const add = 'insert into job_output_lines (job_id, seq, type, line) values (?, ?, ?, ?) returning id';
  for (const seq of [1, 2, 3]) job.database.query(add, job.jobId, seq, 'stdout', 'of an earlier run\n');
  const reporter = await startWait(t, job);
  await until('the reporter has looked', () => existsSync(`${job.root}/report/first-line.json`));
  job.database.query('delete from job_output_lines where job_id = ? returning id', job.jobId);
  await runJob(t, ['echo', 'hello'], { root: job.root });
  const { status } = await reporter.finished;
  assert.equal(status, 0);
  assert.deepEqual(job.lines(), [{ seq: 4, type: 'stdout', line: 'hello\n' }]);
});

test('wait reopens an SQLite file that was replaced by another', async (t) => {
  const job = reportedJob(t);
  const copy = `${job.database.path}.copy`;
  copyFileSync(job.database.path, copy);
  const reporter = await startWait(t, job);
  const run = startEmissary(t, inTwoParts(job.root), { root: job.root });
  await until('the first line is stored', () => job.lines().length === 1);
  renameSync(copy, job.database.path);
  writeFileSync(`${job.root}/go`, '');
  await run.finished;
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 0);
  assert.match(stderr, /it was replaced by another file; retrying\n/);
  assert.deepEqual(
    job.lines().map(({ line }) => line),
    ['one\n', 'two\n'],
  );
  assert.equal(job.row().exitcode, 0);
});

test('wait that is stopped with too much output stores the end, and the rest can be delivered later', async (t) => {
  const job = reportedJob(t);
  const reporter = await startWait(t, job, ['--grace', '5']);
  const count = 60_000_000;
  // On a busy machine it could keep up with the job, so it is stopped until all output is there.
  reporter.kill('SIGSTOP');
  await runJob(t, ['sh', '-c', `yes "" | head -n ${count}; exit 3`], { root: job.root });
  reporter.kill('SIGCONT');
  await until('lines are stored', () => existsSync(`${job.root}/report/first-line.json`));
  reporter.kill('SIGTERM');
  const { status, stderr } = await reporter.finished;
  assert.equal(status, 64);
  assert.match(stderr, /no time to store all output lines and output files/);
  assert.equal(job.row().exitcode, 3);
  assert.notEqual(job.row().end, null);
  const stored = () =>
    job.database.query<{ bytes: number }>(
      'select sum(length(line)) as bytes from job_output_lines where job_id = ?',
      job.jobId,
    )[0];
  assert.ok((stored()?.bytes ?? 0) < count);
});

test('wait has a minimum of time to deliver the end on TERM, even without any grace', async (t) => {
  const job = reportedJob(t);
  await runJob(t, ['sh', '-c', 'seq 200000; exit 3'], { root: job.root });
  const reporter = await startWait(t, job, ['--grace', '0']);
  reporter.kill('SIGTERM');
  await reporter.finished;
  assert.equal(job.row().exitcode, 3);
});

test('wait leaves the row to the database if the REST server turns from variant A to C', async (t) => {
  const refusal = { status: 400, body: '{"error":"Missing runtemplate_id"}' };
  const job = await restJob(t, 'A', [null, refusal, refusal, refusal, refusal]);
  await runJob(t, ['sh', '-c', 'echo x; exit 4'], { root: job.root });
  await emissary(['wait'], { root: job.root, env: { ...job.env, ...job.rest } });
  assert.equal(job.row().exitcode, 4);
  assert.notEqual(job.row().end, null);
});

test("wait leaves a directory in place of a killed reporter's partial file where it is", async (t) => {
  const job = reportedJob(t);
  await runJob(t, ['echo', 'hello'], { root: job.root });
  mkdirSync(`${job.root}/report/.emissary.7.tmp/x`, { recursive: true });
  const { status, stderr } = await emissary(['wait'], { root: job.root, env: job.env });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(job.row().exitcode, 0);
});

test('wait reports a standard output that rejects the result, and report prints the result later', async (t) => {
  const { kept } = await runJob(t, ['echo', 'hello']);
  const full = openSync('/dev/full', 'w');
  const reporter = spawn(program, ['wait', '--root', kept.root], {
    stdio: ['ignore', full, 'pipe'],
    env: {},
  });
  closeSync(full);
  let stderr = '';
  reporter.stderr?.on('data', (bytes) => {
    stderr += bytes;
  });
  const status = await new Promise((resolve) => reporter.once('close', resolve));
  assert.equal(status, 64);
  assert.match(
    stderr,
    /: Cannot write to the standard output: ENOSPC: no space left on device, write\n.*"emissary report/,
  );
  assert.doesNotMatch(stderr, / at .*\(/);
  const report = await emissary(['report'], { root: kept.root });
  assert.equal(JSON.parse(report.stdout.toString()).exitCode, 0);
});

test('wait writes a long document completely to a full, non-blocking standard output', async (t) => {
  const root = temporaryVolume(t);
  const containers = Array.from({ length: 1000 }, (_, index) => ({ name: `${'c'.repeat(58)}-${index}` }));
  writeFileSync(`${root}/template`, JSON.stringify({ containerSet: { containers } }));
  // O_NONBLOCK belongs to the open pipe, which the caller shares with us; a shell's pipe is small and its reader slow.
  const caller = 'use Fcntl; fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK); exec @ARGV';
  const slowly = `perl -e '${caller}' "$@" | { sleep 0.2; cat; }; exit "\${PIPESTATUS[0]}"`;
  const { status, stdout, stderr } = await emissary(['status', '--json'], {
    root,
    under: ['bash', '-c', slowly, 'bash'],
  });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(JSON.parse(stdout.toString()).containers.length, 1000);
});
