import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('a reporter that is killed while copying a log to EMISSARY_RESULTS_DIR leaves no partial file after the next one', async (t) => {
  const [root, results] = [temporaryVolume(t), temporaryVolume(t)];
  await runJob(t, ['sh', '-c', 'yes | head -c 200000000'], { root });
  const env = { MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_DIR: results };
  const halves = () => globSync(join(results, '7/ctr/main/.*'));
  await until('a reporter was killed while copying', async () => {
    const reporter = startEmissary(t, ['wait'], { root, env });
    await until('it has begun to write', () => halves().length > 0 || reporter.process.exitCode !== null);
    reporter.kill('SIGKILL');
    await reporter.finished;
    return halves().length > 0;
  });
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(halves(), []);
});

test('wait copies an output with the longest possible name to EMISSARY_RESULTS_DIR', async (t) => {
  const [root, results] = [temporaryVolume(t), temporaryVolume(t)];
  const path = join(temporaryVolume(t), 'n'.repeat(255));
  const template = { outputs: { artifacts: [{ name: 'a', path, archive: { none: {} } }] } };
  await runJob(t, ['sh', '-c', 'echo kept >"$0"', path], { root, template });
  const env = { MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_DIR: results };
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(readFileSync(join(results, '7/outputs/artifacts', path), 'utf8'), 'kept\n');
});
