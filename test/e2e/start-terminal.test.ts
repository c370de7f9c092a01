import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { npmStart } from '../helpers/npm-start.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const ctrlC = '\x03';

test('npm start in a terminal draws a progress bar below the output, and removes it at the end', async (t) => {
  const seen = join(temporaryVolume(t), 'seen');
  const step = 'echo $n/3 >>"$PROGRESS_FILE"; echo line $n; until [ -e "$0-$n" ]; do sleep 0.05; done';
  const script = `for n in 1 2 3; do ${step}; done`;
  const start = await npmStart(t, ['sh', '-c', script, seen], { terminal: true });
  for (const [n, bar] of [/█+░+ 1\/3 {2}33 % {2}\d+\.\d s/, /█+░+ 2\/3/, /█+ 3\/3 {2}100 %/].entries()) {
    await start.shows(bar);
    writeFileSync(`${seen}-${n + 1}`, '');
  }
  const { exitCode } = await start.process;
  assert.equal(exitCode, 0, start.shown());
  for (const n of [1, 2, 3]) assert.match(start.shown(), new RegExp(`(\\n|\\r|\\x1b\\[2K)line ${n}\\r\\n`));
  assert.match(start.shown(), /\r\nverdict {4}succeeded/);
});

test('npm start in a terminal does not break an incomplete line of the job', async (t) => {
  const start = await npmStart(t, ['sh', '-c', 'printf "half "; sleep 0.5; echo line'], { terminal: true });
  await start.process;
  assert.match(start.shown(), /half line\r\n/);
});

test('npm start stops the job on Ctrl-C, records 130 and exits with it', async (t) => {
  const start = await npmStart(t, ['sh', '-c', 'echo ready; exec sleep 1000'], { terminal: true });
  await start.shows(/ready\r?$/m);
  start.process.stdin.write(ctrlC);
  const { exitCode } = await start.process;
  assert.equal(exitCode, 130, start.shown());
  assert.match(start.shown(), /Stopping the job \(SIGINT\).*verdict {4}terminated, exit code 130/s);
  assert.equal(start.rows('select exitcode from job')[0]?.['exitcode'], 130);
});

test('npm start kills a job that does not stop on the second Ctrl-C', async (t) => {
  const start = await npmStart(
    t,
    ['sh', '-c', 'trap "echo no" INT; echo ready; while :; do sleep 1000 & wait; done'],
    { terminal: true },
  );
  await start.shows(/ready\r?$/m);
  start.process.stdin.write(ctrlC);
  await start.shows(/no\r$/m);
  await start.shows('Interrupt again to kill it');
  // Two signals that come together are one key press, passed on by npm and by the terminal.
  await new Promise((resolve) => setTimeout(resolve, 500));
  start.process.stdin.write(ctrlC);
  const { exitCode } = await start.process;
  assert.equal(exitCode, 137, start.shown());
});
