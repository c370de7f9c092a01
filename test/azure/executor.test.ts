import assert from 'node:assert/strict';
import { test } from 'node:test';
import { azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { jobImage } from '../helpers/launcher-parts.ts';
import { executorJob } from '../helpers/php-executor.ts';
import { hostProgram } from '../helpers/program.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';

test('EmissaryAzure runs a job of core in a container group, with the settings of core’s own executor', async (t) => {
  const launcher = requireProgram(t, 'php') ? await azureLauncher(t) : null;
  if (launcher === null) return;
  const { AZURE_RESOURCE_GROUP: resourceGroup, ...daemon } = launcher.env;
  const { job, run } = executorJob(t, {
    executor: 'EmissaryAzure',
    application: {
      executable: 'sh',
      cmdparams:
        '-c "echo said $SECRET_KEY {GREETING}; echo problem >&2; echo data > {MULTIFLEXI_TMP}/a.csv; exit 3"',
      ociimage: jobImage,
      artifacts: [{ name: 'table', path: '.*\\.csv' }],
    },
    variables: {
      GREETING: 'ahoj',
      SECRET_KEY: { value: 'not to be seen', type: 'password' },
      AZURE_RESOURCE_GROUP: resourceGroup ?? '',
      AZURE_CPU: '0.5',
      AZURE_MEMORY: '1',
    },
    env: { ...daemon, EMISSARY_LAUNCHER: hostProgram },
  });
  let asked: unknown = null;
  launcher.azure.faults.before = ({ method, text }) => {
    if (method === 'PUT') asked = JSON.parse(text).properties.containers[0].properties.resources.requests;
    return null;
  };
  const { status, facts } = await run();
  assert.equal(status, 3, facts.errorOutput);
  assert.deepEqual([facts.output, facts.errorOutput], ['said *** ahoj\n', 'problem\n']);
  assert.deepEqual(asked, { cpu: 0.5, memoryInGB: 1 });
  const rows = job.lines().map(({ type, line }) => `${type}: ${line}`);
  assert.deepEqual(rows.sort(), ['stderr: problem\n', 'stdout: said *** ahoj\n']);
  assert.equal(job.row().exitcode, 3);
  const stored = job.database.query<{ filename: string }>('select filename from artifacts');
  assert.ok(stored.some(({ filename }) => filename === 'a.csv'));
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('EmissaryAzure: the daemon’s own settings count before those of a job', async (t) => {
  const launcher = requireProgram(t, 'php') ? await azureLauncher(t) : null;
  if (launcher === null) return;
  const { run } = executorJob(t, {
    executor: 'EmissaryAzure',
    application: { executable: 'true', ociimage: jobImage },
    variables: { AZURE_RESOURCE_GROUP: 'of somebody else' },
    env: { ...launcher.env, EMISSARY_LAUNCHER: hostProgram },
  });
  const { status, facts } = await run();
  // The image has no program of that name: it was in the right group.
  assert.equal(status, 127, facts.errorOutput);
});

test('EmissaryAzure: TERM to the PHP process stops the job in its group, and the row is complete', async (t) => {
  const launcher = requireProgram(t, 'php') ? await azureLauncher(t) : null;
  if (launcher === null) return;
  const { job, start } = executorJob(t, {
    executor: 'EmissaryAzure',
    application: { executable: 'sh', cmdparams: '-c "echo ready; sleep 1000"', ociimage: jobImage },
    env: { ...launcher.env, EMISSARY_LAUNCHER: hostProgram },
  });
  const running = start();
  await until('the job runs', () => job.lines().length > 0);
  running.kill('SIGTERM');
  await running.finished;
  assert.equal(job.row().exitcode, 143);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});
