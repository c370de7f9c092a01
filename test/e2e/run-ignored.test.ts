import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { execa } from 'execa';
import { forEachOf } from '../helpers/batches.ts';
import { installedVolume } from '../helpers/installed.ts';
import { runJob, startJob, startReadyJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';

// KILL and STOP cannot be ignored; 32 and 33 belong to the C library; a job that ignores CHLD could lose its status.
const signals = Array.from({ length: 64 }, (_, index) => index + 1).filter(
  (signal) => ![9, 17, 19, 32, 33].includes(signal),
);
const showIgnored = ['grep', '^Sig[BI]', '/proc/self/status'];

/** A parent that ignores these signals, as `nohup` does. */
const ignoring = (numbers: readonly (number | string)[]) => [
  'sh',
  '-c',
  `trap '' ${numbers.join(' ')}; exec "$@"`,
  'sh',
];

test('the job ignores exactly the signal that its caller ignored: every signal', async (t) => {
  await forEachOf(signals, async (signal) => {
    const [shell = '', ...rest] = ignoring([signal]);
    const plain = await execa(shell, [...rest, ...showIgnored]);
    const { stdout } = await runJob(t, showIgnored, { under: [shell, ...rest] });
    assert.equal(stdout.toString(), `${plain.stdout}\n`, `signal ${signal}`);
  });
});

test('the job ignores all signals that its caller ignored, also in the second attempt', async (t) => {
  const { root, program } = await installedVolume(t);
  const [shell = '', ...rest] = ignoring(signals);
  const plain = await execa(shell, [...rest, ...showIgnored]);
  const template = {
    containerSet: { containers: [{ name: 'main' }], retryStrategy: { retries: 2 } },
  };
  const job = ['sh', '-c', '"$@"; exit 1', 'sh', ...showIgnored];
  const { stdout } = await runJob(t, job, { root, program, under: [shell, ...rest], template });
  assert.equal(stdout.toString(), `${plain.stdout}\n`.repeat(2));
});

test('an ignored signal stops neither the job nor the emissary', async (t) => {
  const under = ignoring(['HUP', 'INT', 'TERM', 'USR1']);
  const job = await startReadyJob(t, ['sh', '-c', 'echo ready; read -r _; exit 3'], { under, stdin: 'pipe' });
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGUSR1'] as const) job.kill(signal);
  // The signal that is not ignored comes last, and is forwarded.
  await until('the signals were taken', async () => {
    const { stdout } = await execa`grep ^ShdPnd /proc/${job.pid}/status`;
    return /\t0{16}$/.test(stdout);
  });
  job.process.stdin?.end('\n');
  const { status } = await job.finished;
  assert.deepEqual([status, job.kept.result().verdict], [3, 'failed']);
});

test('a job that handles a signal that its caller ignored gets it', async (t) => {
  const script = `process.on('SIGHUP', () => process.exit(7)); setInterval(() => {}, 1000); console.log('ready')`;
  const job = await startReadyJob(t, [process.execPath, '-e', script], { under: ['nohup'] });
  job.kill('SIGHUP');
  assert.equal((await job.finished).status, 7);
});

test("an ignored signal does not prevent the job's start", async (t) => {
  const env = { EMISSARY_DEBUG_PAUSE_BEFORE: 'true' };
  const job = startJob(t, ['sh', '-c', 'exit 4'], { under: ignoring(['HUP', 'TERM']), env });
  await until('the pause', () => job.stderr().includes('paused'));
  job.kill('SIGHUP');
  job.kill('SIGTERM');
  writeFileSync(job.kept.path('before'), '');
  assert.equal((await job.finished).status, 4);
});

test('a request stops a job whose emissary was started with TERM ignored', async (t) => {
  const under = ignoring(['TERM']);
  const job = await startReadyJob(t, ['sh', '-c', 'echo ready; exec sleep 60'], {
    under,
    options: ['--grace', '1'],
  });
  writeFileSync(job.kept.path('signal'), 'TERM');
  const { status } = await job.finished;
  assert.deepEqual([status, job.kept.result().verdict], [137, 'terminated']);
});

test('a job that exits at once keeps its exit code if its caller ignored CHLD, and does not ignore CHLD', async (t) => {
  const under = ignoring(['CHLD']);
  await forEachOf(
    Array.from({ length: 20 }, (_, index) => index),
    async (round) => {
      const args = round % 2 === 0 ? ['true'] : ['sh', '-c', 'grep ^SigIgn: /proc/self/status; exit 3'];
      const { status, stdout, stderr, kept } = await runJob(t, args, { under });
      assert.deepEqual(
        [status, kept.text('exitcode'), stderr],
        round % 2 === 0 ? [0, '0', ''] : [3, '3', ''],
      );
      if (round % 2 === 1) assert.equal(stdout.toString(), 'SigIgn:\t0000000000000000\n');
    },
  );
});
