import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chartedApplication, factsMount } from '../helpers/chart.ts';
import { clusterLauncher, podTemplate } from '../helpers/cluster-launcher.ts';
import { jobImage } from '../helpers/launcher-parts.ts';
import { builtLaunch, executorJob } from '../helpers/php-executor.ts';
import { requireProgram } from '../helpers/require.ts';

test('EmissaryKubernetes runs MultiFlexi’s job in a pod: its lines, its code, and its artifacts are stored', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const { job, run } = executorJob(t, {
    executor: 'EmissaryKubernetes',
    application: {
      executable: 'sh',
      cmdparams: "-c 'echo out; echo err >&2; echo data > $MULTIFLEXI_TMP/report.csv; exit 3'",
      ociimage: jobImage,
      artifacts: [{ name: 'Report', path: 'report\\.csv' }],
    },
    // Other tests' operators serve other namespaces.
    env: { ...builtLaunch(t), ...launcher.env, EMISSARY_VIA: 'pod' },
  });
  const { status, facts } = await run();
  assert.equal(status, 3, facts.errorOutput);
  assert.deepEqual([facts.output, facts.errorOutput], ['out\n', 'err\n']);
  assert.equal(job.row().exitcode, 3);
  assert.deepEqual(
    job
      .lines()
      .map(({ type, line }) => `${type} ${line}`)
      .sort(),
    ['stderr err\n', 'stdout out\n'],
  );
  const stored = job.database.query<{ filename: string }>('select filename from artifacts');
  assert.deepEqual(
    stored.map(({ filename }) => filename),
    ['report.csv'],
  );
  assert.deepEqual(await launcher.containers(), []);
});

test('EmissaryKubernetes installs the chart of MultiFlexi’s application, with the values of the daemon’s configuration', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const app = chartedApplication(t, launcher);
  const [, template = ''] = podTemplate(t, factsMount);
  const [, values = ''] = app.values({ word: 'from the daemon' });
  const { run } = executorJob(t, {
    executor: 'EmissaryKubernetes',
    application: JSON.parse(readFileSync(app.file, 'utf8')),
    env: {
      ...builtLaunch(t),
      ...launcher.env,
      ...app.env,
      EMISSARY_POD_TEMPLATE: template,
      EMISSARY_HELM_VALUES: values,
    },
  });
  const { status, facts } = await run();
  assert.deepEqual([status, facts.output, facts.errorOutput], [0, 'from the daemon', '']);
  assert.deepEqual(await app.history(), ['deployed']);
});
