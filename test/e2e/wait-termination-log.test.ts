import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

for (const [command, options, expected] of [
  ['exit 0', [], { verdict: 'succeeded', exitCode: 0, message: null }],
  ['exit 7', [], { verdict: 'failed', exitCode: 7, message: 'The job exited with code 7' }],
  ['sleep 100', ['--timeout', '0.2'], { verdict: 'timedOut', exitCode: 143 }],
] as const)
  test(`wait leaves how a job ended in its termination log: ${command}`, async (t) => {
    const root = temporaryVolume(t);
    await runJob(t, ['sh', '-c', command], { root, options });
    const file = join(temporaryVolume(t), 'log');
    const { status } = await emissary(['wait', '--termination-log', file], { root });
    assert.equal(status, 0);
    const left = JSON.parse(readFileSync(file, 'utf8'));
    assert.deepEqual({ ...left, ...expected }, left);
  });

test('wait reports a job whose termination log cannot be written', async (t) => {
  const root = temporaryVolume(t);
  await runJob(t, ['sh', '-c', 'exit 0'], { root });
  const { status, stderr } = await emissary(['wait'], { root, env: { EMISSARY_TERMINATION_LOG: '/no/log' } });
  assert.equal(status, 0);
  assert.match(stderr, /Cannot write the termination log: ENOENT/);
});
