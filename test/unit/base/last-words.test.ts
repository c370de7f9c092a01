import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** Says more than one sentence while something holds the thread for longer than the last words have. */
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

test('the last words are written though something holds the thread', () => {
  const log = new URL('../../../src/base/log.ts', import.meta.url).href;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, '--', log]);
  assert.equal(stderr.toString(), 'emissary: one\nemissary: two\nemissary: three\n');
  assert.equal(status, 3);
});
