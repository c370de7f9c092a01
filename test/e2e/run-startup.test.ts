import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { program } from '../helpers/program.ts';
import { requireProgram } from '../helpers/require.ts';
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
