import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('sample-database creates a file that a job can be reported to, and keeps an existing one', async (t) => {
  const root = temporaryVolume(t);
  const file = join(temporaryVolume(t), 'multiflexi.sqlite');
  const make = (...args: readonly string[]) =>
    execa(process.execPath, ['build/sample-database.ts', ...args], { reject: false });
  assert.equal((await make(file)).exitCode, 0);
  await runJob(t, ['sh', '-c', 'exit 3'], { root });
  const env = { MULTIFLEXI_JOB_ID: '1', MULTIFLEXI_DATABASE_URL: `sqlite://${file}` };
  assert.equal((await emissary(['wait'], { root, env })).status, 0);
  assert.equal((await make(file)).exitCode, 0);
  const query = 'select id, exitcode from job';
  assert.equal((await execa(process.execPath, ['build/sql.ts', file, query])).stdout, '1|3');
  assert.equal((await make()).exitCode, 2);
  assert.equal((await make('/no/such/place.sqlite')).exitCode, 1);
});
