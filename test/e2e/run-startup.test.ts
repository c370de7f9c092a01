import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { startReadyJob } from '../helpers/job.ts';
import { program } from '../helpers/program.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('run generates no code for its kernel calls', async (t) => {
  if (!requireProgram(t, 'strace')) return;
  const root = temporaryVolume(t);
  const log = join(temporaryVolume(t), 'calls');
  const traced = ['-f', '-o', log, '-e', 'trace=mmap,mprotect', program, 'run', '--root', root, '--', 'true'];
  await execa('strace', traced);
  const calls = readFileSync(log, 'utf8').split('\n');
  assert.ok(calls.length > 100, 'strace has seen the start');
  // The runtime looks for memory near each function of libc that it is to call, and fills it with code.
  const generated = calls.filter((call) => /MAP_FIXED_NOREPLACE|mprotect\(\w+, 1024, /.test(call));
  assert.deepEqual(generated, []);
});

test('a job that lasts gives back the memory that only its start needed, and still obeys', async (t) => {
  const script = 'trap "exit 7" USR1; echo ready; while :; do sleep 0.1; done';
  const job = await startReadyJob(t, ['sh', '-c', script]);
  const privateMiB = () => {
    const pages = readFileSync(`/proc/${job.pid}/smaps_rollup`, 'utf8').matchAll(
      /^Private_\w+: +(\d+) kB$/gm,
    );
    return [...pages].reduce((sum, [, kB]) => sum + Number(kB) / 1024, 0);
  };
  assert.ok(privateMiB() > 0, 'the kernel tells it');
  await until('most of it is given back', () => privateMiB() < 40);
  job.kill('SIGUSR1');
  assert.equal((await job.finished).status, 7);
});
