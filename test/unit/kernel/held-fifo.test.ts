import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, readSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { errnoOf } from '../../../src/base/fault.ts';
import { holdFifo } from '../../../src/kernel/lock.ts';
import { until } from '../../helpers/until.ts';
import { temporaryVolume } from '../../helpers/volume.ts';

/** Fewer than the files that a process may have open. */
const count = 800;

test('a FIFO never appears without the process that holds it', async (t) => {
  const directory = temporaryVolume(t);
  const lock = pathToFileURL(resolve('src/kernel/lock.ts')).href;
  // It holds them until it is killed.
  const holds = `const { holdFifo } = await import(${JSON.stringify(lock)});
    for (let index = 0; index < ${count}; index += 1) holdFifo(process.argv[1] + '/' + index);
    process.stdin.resume();`;
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', holds, directory], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  t.after(() => holder.kill('SIGKILL'));
  let unheld = 0;
  for (let index = 0; index < count; index += 1)
    unheld += isHeld(appeared(join(directory, `${index}`))) ? 0 : 1;
  assert.equal(unheld, 0);
  await until('all are there', () => readdirSync(directory).length >= count);
  // What it was made by is gone.
  await until('nothing else is there', () => readdirSync(directory).length === count);
});

test('a FIFO that nobody holds any more is held again, and what is in its place is removed', (t) => {
  const directory = temporaryVolume(t);
  const [left, other] = [join(directory, 'left'), join(directory, 'other')];
  assert.equal(holdFifo(left), 'held');
  // Of one process, two descriptors exclude each other as those of two processes do.
  assert.equal(holdFifo(left), 'taken');
  writeFileSync(other, 'no FIFO');
  assert.equal(holdFifo(other), 'held');
  assert.deepEqual(readdirSync(directory).sort(), ['left', 'other']);
});

/** Opens one as soon as it is there. */
function appeared(path: string): number {
  for (;;) {
    try {
      return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
}

function isHeld(file: number): boolean {
  try {
    return readSync(file, Buffer.alloc(1)) !== 0;
  } catch (error) {
    return errnoOf(error) === 'EAGAIN';
  } finally {
    closeSync(file);
  }
}
