import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Engine, requireEngine } from '../helpers/engine.ts';
import { makeImage, withBusybox } from '../helpers/images.ts';
import { builtLaunch, type ExecutorJob, executorJob } from '../helpers/php-executor.ts';
import { linesIn } from '../helpers/reported-job.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';

const executors = { podman: 'EmissaryPodman', docker: 'EmissaryDocker' } as const;
const report = '{"producer":"test","status":"success","timestamp":"2026-01-01T00:00:00Z"}';
const secret = 's3cret-of-the-job';

const script = `#!/bin/sh
echo "$GREETING $1"
echo "the password is $PASSWORD" >&2
echo '${report}' >"$RESULT_FILE"
echo data >"$MULTIFLEXI_TMP/invoice_1.csv"
env | grep -E 'DATABASE|DB_' && exit 1
exit 3
`;

for (const name of ['podman', 'docker'] as const) {
  test(`${executors[name]} runs a job in its image, with lines, report, artifacts and exit code`, async (t) => {
    const machine = await prepare(t, name);
    if (machine === null) return;
    const { job, run } = machine.jobOf('/job');
    const { status, facts } = await run();
    assert.equal(status, 3, facts.errorOutput);
    assert.equal(facts.output, 'dobrý den to you\n');
    assert.ok(!facts.errorOutput.includes(secret));
    assert.deepEqual(
      job
        .lines()
        .map(({ type, line }) => `${type}: ${line}`)
        .sort(),
      ['stderr: the password is ***\n', 'stdout: dobrý den to you\n'],
    );
    assert.equal(facts.report, `${report}\n`);
    const stored = job.database.query<{ filename: string }>('select filename from artifacts');
    const csv = stored.map(({ filename }) => filename).filter((file) => file.endsWith('.csv'));
    assert.deepEqual(csv, ['invoice_1.csv']);
    assert.equal(job.row().exitcode, 3);
    assert.equal(await machine.containers(), '');
  });

  test(`SIGTERM to PHP stops the container of ${executors[name]} before PHP exits`, async (t) => {
    const machine = await prepare(t, name);
    if (machine === null) return;
    const { job, start } = machine.jobOf('/waits');
    const running = start();
    await until('the job is ready', () => linesIn(job.lines()).includes('ready\n'));
    assert.notEqual(await machine.containers(), '');
    running.kill('SIGTERM');
    const { status } = await running.finished;
    assert.equal(await machine.containers(), '');
    assert.equal(status, 143);
    const { end, exitcode } = job.row();
    assert.equal(exitcode, 143);
    assert.notEqual(end, null);
  });
}

interface Machine {
  readonly engine: Engine;
  jobOf(executable: string): ExecutorJob;
  /** Names of the containers of the test's image, running or not. */
  containers(): Promise<string>;
}

async function prepare(t: TestContext, name: Engine['name']): Promise<Machine | null> {
  const engine = await requireEngine(t, name);
  if (engine === null || !requireProgram(t, 'php') || !requireProgram(t, 'busybox')) return null;
  const image = await makeImage(t, engine, 'executor', (tree) => {
    withBusybox(tree, ['sh', 'env', 'grep', 'sleep']);
    tree.write('/job', script, 0o755);
    tree.write('/waits', '#!/bin/sh\necho ready\nexec sleep 3600\n', 0o755);
  });
  const { DOCKER_HOST = '' } = process.env;
  const env = { ...engine.env, ...builtLaunch(t), DOCKER_HOST, EMISSARY_NETWORK: 'none' };
  return {
    engine,
    jobOf: (executable) =>
      executorJob(t, {
        executor: executors[name],
        application: {
          executable,
          ociimage: image,
          cmdparams: '{WHOM}',
          artifacts: [{ name: 'Invoices', path: 'invoice_\\d+\\.csv' }],
        },
        variables: {
          WHOM: 'to you',
          GREETING: 'dobrý den',
          PASSWORD: { value: secret, type: 'password' },
          RESULT_FILE: 'report.json',
        },
        env,
      }),
    containers: async () => {
      const { stdout } = await engine.run(['ps', '--all', '--quiet', '--filter', `ancestor=${image}`]);
      return stdout;
    },
  };
}
