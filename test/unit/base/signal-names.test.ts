import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execa } from 'execa';
import { lastSignal, signalName, signalNumber } from '../../../src/base/signal-names.ts';
import { requireProgram } from '../../helpers/require.ts';

const numbers = Array.from({ length: lastSignal }, (_, index) => index + 1);

test('every signal name that a shell knows is known here', async (t) => {
  if (!requireProgram(t, 'bash')) return;
  const { stdout } = await execa('bash', ['-c', 'kill -l']);
  const listed = [...stdout.matchAll(/([0-9]+)\) (SIG\S+)/g)];
  assert.ok(listed.length > 60);
  for (const [, number, name = ''] of listed) assert.equal(signalNumber(name), Number(number), name);
});

test('real-time signals are counted from both ends', () => {
  for (const number of numbers.filter((each) => each >= 34)) {
    for (const name of [`RTMIN+${number - 34}`, `SIGRTMAX-${64 - number}`, `rtmax-${64 - number}`])
      assert.equal(signalNumber(name), number, name);
  }
  assert.deepEqual([signalNumber('RTMIN'), signalNumber('RTMAX')], [34, 64]);
  for (const beyond of ['RTMIN+31', 'RTMAX-31', 'RTMIN-1', 'RTMAX+1', 'RTMAX-', 'RTMIN+', 'RTMAX1'])
    assert.equal(signalNumber(beyond), null, beyond);
});

test("a signal's alternative name is accepted as well", () => {
  for (const [name, number] of [
    ['CLD', 17],
    ['SIGCLD', 17],
    ['IOT', 6],
    ['POLL', 29],
    ['UNUSED', 31],
  ] as const)
    assert.equal(signalNumber(name), number, name);
});

test('the name printed for a signal is accepted as its name', () => {
  for (const number of numbers.filter((each) => each !== 32 && each !== 33))
    assert.equal(signalNumber(signalName(number)), number);
});

test('an invalid signal name is rejected', () => {
  for (const text of [
    '',
    '0',
    '65',
    '32',
    '33',
    'SIG',
    'SIGSIGTERM',
    'TERM+1',
    'constructor',
    '__proto__',
    'toString',
  ])
    assert.equal(signalNumber(text), null, text);
});
