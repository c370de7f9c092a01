import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobImage } from '../helpers/launcher-parts.ts';
import { operatorLauncher } from '../helpers/operator-launcher.ts';
import { builtLaunch, executorJob } from '../helpers/php-executor.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';

for (const report of ['host', 'sidecar'])
  test(`EmissaryKubernetes lets an operator run MultiFlexi’s job, reported by the ${report}`, async (t) => {
    if (!requireProgram(t, 'php')) return;
    const launcher = await operatorLauncher(t);
    if (launcher === null) return;
    const operator = await launcher.place.start();
    const { EMISSARY_VIA: _, ...env } = launcher.env;
    const { job, run } = executorJob(t, {
      executor: 'EmissaryKubernetes',
      application: {
        executable: 'sh',
        cmdparams: "-c 'echo out; echo err >&2; echo data > $MULTIFLEXI_TMP/report.csv; exit 3'",
        ociimage: jobImage,
        artifacts: [{ name: 'Report', path: 'report\\.csv' }],
      },
      env: { ...builtLaunch(t), ...env, ...(report === 'sidecar' && { EMISSARY_REPORT: report }) },
    });
    const { status, facts } = await run();
    assert.equal(status, 3, facts.errorOutput + operator.stderr());
    assert.deepEqual([facts.output, facts.errorOutput], ['out\n', 'err\n']);
    assert.equal(job.row().exitcode, 3);
    const lines = job.lines().map(({ type, line }) => `${type} ${line}`);
    assert.deepEqual(lines.sort(), ['stderr err\n', 'stdout out\n']);
    const stored = job.database.query<{ filename: string }>('select filename from artifacts');
    assert.deepEqual(
      stored.map(({ filename }) => filename),
      ['report.csv'],
    );
    const events = await launcher.place.kubectl(
      'get',
      'events',
      '--output=name',
      '--field-selector=involvedObject.kind=EmissaryJob',
    );
    assert.notEqual(events, '');
    await until('nothing is left', async () => (await launcher.remains()).length === 0);
  });
