import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startEmissary } from '../../helpers/emissary.ts';
import { requireProgram } from '../../helpers/require.ts';
import { seeded } from '../../helpers/seeded.ts';
import { until } from '../../helpers/until.ts';
import { temporaryVolume } from '../../helpers/volume.ts';

test("a missing program skips the test on a user's machine, and fails it in CI", (t) => {
  const said: string[] = [];
  const context = { skip: (text: string) => said.push(text) } as unknown as TestContext;
  withVariable(t, 'CI', undefined);
  assert.equal(requireProgram(context, 'no-such-program'), false);
  assert.deepEqual(said, ['no-such-program is not installed: this test needs it']);
  assert.equal(requireProgram(context, 'sh'), true);
  withVariable(t, 'CI', 'true');
  assert.throws(() => requireProgram(context, 'no-such-program'), /no test may be skipped in CI/);
});

test('the same seed gives the same random numbers', (t) => {
  withVariable(t, 'SEED', '42');
  const [one, other] = [seeded(t), seeded(t)];
  assert.deepEqual(one.bytes(64), other.bytes(64));
  const picked = new Set(Array.from({ length: 100 }, () => one.pick(['a', 'b', 'c'])));
  assert.deepEqual([...picked].sort(), ['a', 'b', 'c']);
});

test('a condition that throws is not met yet, and its last error is reported', async (t) => {
  const file = join(temporaryVolume(t), 'late');
  setTimeout(() => writeFileSync(file, 'there'), 20);
  assert.equal(await until('the file is there', () => readFileSync(file, 'utf8')), 'there');
  await assert.rejects(
    until('never', () => false, 10),
    /Waited 10 ms in vain: never/,
  );
});

test('a job dies with the test that started it', async (t) => {
  const root = temporaryVolume(t);
  let job = 0;
  await t.test('starts a job', async (inner) => {
    startEmissary(inner, ['run', '--', 'sleep', '3600'], { root });
    job = await until('the job has started', () => {
      const started = JSON.parse(readFileSync(join(root, 'ctr/main/started'), 'utf8')) as { pid: number };
      return started.pid;
    });
    assert.ok(existsSync(`/proc/${job}`));
  });
  await until('the job is gone', () => !existsSync(`/proc/${job}`));
});

function withVariable(t: TestContext, name: string, value: string | undefined): void {
  const before = process.env[name];
  t.after(() => assign(name, before));
  assign(name, value);
}

function assign(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
