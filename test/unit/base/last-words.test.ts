import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** Logs more than one message while something blocks the thread for longer than the time for the last words. */
const script = `
  const { log, logFlushed } = await import(process.argv[1]);
  const hold = () => {
    const begun = performance.now();
    while (performance.now() - begun < 600);
    setImmediate(hold);
  };
  setImmediate(hold);
  for (const sentence of ['one', 'two', 'three']) log(sentence);
  await logFlushed();
  process.exit(3);
`;

test('the last messages are written although something blocks the thread', () => {
  const log = new URL('../../../src/base/log.ts', import.meta.url).href;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, '--', log]);
  assert.equal(stderr.toString(), 'emissary: one\nemissary: two\nemissary: three\n');
  assert.equal(status, 3);
});
