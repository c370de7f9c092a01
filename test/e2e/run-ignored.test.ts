import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { execa } from 'execa';
import { forEachOf } from '../helpers/batches.ts';
import { installedVolume } from '../helpers/installed.ts';
import { runJob, startJob, startReadyJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';

// KILL and STOP cannot be ignored; 32 and 33 are the C library's; of a job that ignored CHLD the status could be lost.
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

test('a signal that was ignored before is ignored in the job, and no other: every signal', async (t) => {
  await forEachOf(signals, async (signal) => {
    const [shell = '', ...rest] = ignoring([signal]);
    const plain = await execa(shell, [...rest, ...showIgnored]);
    const { stdout } = await runJob(t, showIgnored, { under: [shell, ...rest] });
    assert.equal(stdout.toString(), `${plain.stdout}\n`, `signal ${signal}`);
  });
});

test('all signals that were ignored before are ignored in the job, in the second attempt too', async (t) => {
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

test('a signal that was ignored before stops neither the job nor the emissary', async (t) => {
  const under = ignoring(['HUP', 'INT', 'TERM', 'USR1']);
  const job = await startReadyJob(t, ['sh', '-c', 'echo ready; read -r _; exit 3'], { under, stdin: 'pipe' });
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGUSR1'] as const) job.kill(signal);
  // What was not ignored comes last, and through.
  await until('the signals were taken', async () => {
    const { stdout } = await execa`grep ^ShdPnd /proc/${job.pid}/status`;
    return /\t0{16}$/.test(stdout);
  });
  job.process.stdin?.end('\n');
  const { status } = await job.finished;
  assert.deepEqual([status, job.kept.result().verdict], [3, 'failed']);
});

test('a job that asks for a signal that was ignored before gets it', async (t) => {
  const script = `process.on('SIGHUP', () => process.exit(7)); setInterval(() => {}, 1000); console.log('ready')`;
  const job = await startReadyJob(t, [process.execPath, '-e', script], { under: ['nohup'] });
  job.kill('SIGHUP');
  assert.equal((await job.finished).status, 7);
});

test('a signal that was ignored before does not keep the job from being started', async (t) => {
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

test('a job that ends at once has its own exit code where CHLD was ignored before, and does not ignore it', async (t) => {
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
