import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { forEachOf } from '../helpers/batches.ts';
import { fixture } from '../helpers/fixture.ts';
import { seeded } from '../helpers/seeded.ts';
import { attempts, type Terminal, terminal } from '../helpers/terminal.ts';
import { until } from '../helpers/until.ts';

const controlC = '\x03';
const controlD = '\x04';
const controlBackslash = '\x1c';
const rounds = 24;
const latestMs = 200;

for (const [what, keys, kept] of [
  ['Ctrl-D', controlD, ''],
  ['two lines and Ctrl-D', `one\ntwo\n${controlD}`, 'one\ntwo\n'],
  ['an incomplete line, ended with Ctrl-D twice', `half${controlD}${controlD}`, 'half'],
  ['an incomplete line', `one\n${controlD}rest`, 'one\n'],
] as const) {
  test(`input typed before the job starts reaches it: ${what}`, async (t) => {
    const job = terminal(t, ['sh', '-c', 'cat >"$KEPT"; exit 4'], {
      prepare: 'export KEPT="$EMISSARY_ROOT/kept"; stty -echo; echo begun >&9; sleep 0.2',
    });
    if (job === null) return;
    await until('the shell runs', () => job.said() === 'begun\n');
    job.type(keys);
    assert.equal(await job.status, 4, job.shown());
    assert.equal(readFileSync(`${job.kept.root}/kept`, 'utf8'), kept);
  });
}

test('Ctrl-D reaches the job at any moment', async (t) => {
  const chance = seeded(t);
  const instants = Array.from({ length: rounds }, () => chance.next() * latestMs);
  await forEachOf(instants, async (instant) => {
    const job = terminal(t, ['cat'], { prepare: 'echo begun >&9' });
    if (job === null) return;
    await until('the shell runs', () => job.said() === 'begun\n');
    await pause(instant);
    job.type(`a line\n${controlD}`);
    assert.equal(await job.status, 0, `${instant} ms after the start: ${job.shown()}`);
    assert.equal(job.kept.text('stdout').endsWith('a line\r\n'), true, job.shown());
  });
});

for (const [name, key, codes] of [
  ['Ctrl-C', controlC, ['130']],
  ['Ctrl-\\', controlBackslash, ['131']],
  ['a hang-up', null, ['129']],
] as const) {
  test(`${name} stops the run at any moment, and the run is sealed`, async (t) => {
    const chance = seeded(t);
    const instants = Array.from({ length: rounds }, () => chance.next() * latestMs);
    await forEachOf(instants, async (instant) => {
      // A shell that is starting a program (vfork(2)) can lose a signal.
      const job = terminal(t, [fixture('waits.sh')], { prepare: 'echo begun >&9', under: 'exec' });
      if (job === null) return;
      await until('the shell runs', () => job.said() === 'begun\n');
      await pause(instant);
      if (key === null) job.hangUp();
      else job.type(key);
      await job.status;
      // It may have arrived before the program could catch signals.
      if (job.kept.has('.')) assert.ok((codes as readonly string[]).includes(await job.kept.sealed()));
    });
  });
}

test('input typed between two attempts reaches the second', async (t) => {
  const script =
    '[ -e "$BEGUN" ] || { : >"$BEGUN"; exit 1; }; while read -r line; do echo "<$line>"; done; exit 5';
  const job = terminal(t, ['sh', '-c', script], { prepare: `tty >&9; ${attempts(2, '2s')}` });
  if (job === null) return;
  await until('the first attempt is over', () => job.kept.has('ended') && isCanonical(job));
  job.type(`between\n${controlD}`);
  assert.equal(await job.status, 5, job.shown());
  assert.match(job.shown(), /<between>\r\n$/);
});

test('Ctrl-C between two attempts stops the run', async (t) => {
  const job = terminal(t, ['sh', '-c', 'exit 7'], { prepare: `tty >&9; ${attempts(2, '60s')}` });
  if (job === null) return;
  await until('the first attempt is over', () => job.kept.has('ended') && isCanonical(job));
  job.type(controlC);
  await job.status;
  assert.equal(await job.kept.sealed(), '7');
});

test('input typed after the last attempt stays for the next reader of the terminal', async (t) => {
  const job = terminal(t, ['true'], {
    prepare: 'tty >&9; export ARGO_DEBUG_PAUSE_AFTER=true',
    after: 'read -r line; echo "shell <$line>"',
  });
  if (job === null) return;
  await until('the job is over', () => job.kept.has('ended') && isCanonical(job));
  job.type('for the shell\n');
  // The terminal echoes what it has accepted.
  await until('it was typed', () => job.shown().includes('for the shell'));
  writeFileSync(job.kept.path('after'), '');
  assert.equal(await job.status, 0);
  assert.match(job.shown(), /shell <for the shell>\r\n$/);
});

/** Whether the terminal is in line mode and echoes again, as it does while no attempt runs. */
async function isCanonical(job: Terminal): Promise<boolean> {
  const { stdout } = await execa`stty -F ${job.terminalPath()} -a`;
  // While lines that were typed ahead are read, it is in line mode already, without an echo.
  return /(?<!-)\bicanon\b/.test(stdout) && /(?<!-)\becho\b/.test(stdout);
}
