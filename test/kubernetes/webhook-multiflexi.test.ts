import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { addresses } from '../cluster/places.ts';
import { atEnd } from '../helpers/at-end.ts';
import { withBusybox } from '../helpers/images.ts';
import { databasePassword, type Mariadb, startMariadb } from '../helpers/mariadb.ts';
import { requireRegistry } from '../helpers/registry.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { injectLabel, type WebhookPlace, webhookPlace } from '../helpers/webhook.ts';

/** What MultiFlexi gives to each job. */
function variables(job: number): readonly string[] {
  const directory = `/tmp/multiflexi/${job}`;
  return [
    `--env=MULTIFLEXI_JOB_ID=${job}`,
    `--env=MULTIFLEXI_TMP=${directory}`,
    `--env=RESULT_FILE=${directory}/report.json`,
    '--env=ACCOUNT={"number": 7}',
  ];
}
/** The output begins when kubectl is attached: what was printed before would only be in the log. */
const script = `sleep 4; echo "account $ACCOUNT"; echo careful >&2
echo '{"status":"ok"}' > "$RESULT_FILE"; echo 1,2 > "$MULTIFLEXI_TMP/rates.csv"; exit 3`;

test("webhook: MultiFlexi's own kubectl lines, as they are: output, exit code, row, lines and artifacts are complete", async (t) => {
  const place = await multiflexiPlace(t);
  if (place === null) return;
  await Promise.all([withArtifacts(place), removed(place), deleted(place)]);
});

/** For an application with artifacts, which are copied afterwards. */
async function withArtifacts({ namespace, kubectl, database, image }: MultiflexiPlace): Promise<void> {
  const name = 'mf-job-32-c1f610';
  const ended = await kubectl([
    'run',
    name,
    '--restart=Never',
    `--image=${image}`,
    `--namespace=${namespace}`,
    ...variables(32),
    '--attach',
    '--',
    '-c',
    script,
  ]);
  assert.deepEqual([ended.exitCode, ended.stdout], [3, 'account {"number": 7}'], ended.stderr);
  assert.match(ended.stderr, /careful/);
  await assertStored(database, 32);
  // The pod has ended: there is nothing to copy from, as without the wrapper.
  const copied = await kubectl([`--namespace=${namespace}`, 'cp', `${name}:rates.csv`, '/nowhere/rates.csv']);
  assert.match(copied.stderr, /completed pod/);
  const gone = await kubectl([`--namespace=${namespace}`, 'delete', 'pod', name, '--ignore-not-found=true']);
  assert.equal(gone.exitCode, 0, gone.stderr);
}

/** For one without: kubectl removes the pod, and everything is reported before. */
async function removed({ namespace, kubectl, database, image }: MultiflexiPlace): Promise<void> {
  const name = 'mf-job-33-7ad0e1';
  const line = ['run', name, '--restart=Never', `--image=${image}`, `--namespace=${namespace}`];
  const ended = await kubectl([...line, ...variables(33), '--attach', '--rm', '--', '-c', script]);
  assert.equal(ended.exitCode, 3, ended.stderr);
  assert.match(ended.stdout, /^account \{"number": 7\}\n/);
  await assertStored(database, 33);
  const left = await kubectl([`--namespace=${namespace}`, 'get', 'pod', name, '--ignore-not-found']);
  assert.equal(left.stdout, '');
}

/** A job whose pod is deleted while it runs is stopped, and its end is reported before the pod is gone. */
async function deleted({ namespace, kubectl, database, image }: MultiflexiPlace): Promise<void> {
  const name = 'mf-job-34-0c55aa';
  const line = ['run', name, '--restart=Never', `--image=${image}`, `--namespace=${namespace}`];
  const started = await kubectl([...line, ...variables(34), '--', '-c', 'echo begun; sleep 1000']);
  assert.equal(started.exitCode, 0, started.stderr);
  const stored = 'select id from job_output_lines where job_id = 34';
  await until('its output is stored', async () => (await database.query(stored)).length > 0);
  const gone = await kubectl([`--namespace=${namespace}`, 'delete', 'pod', name]);
  assert.equal(gone.exitCode, 0, gone.stderr);
  const rows = await database.query('select exitcode, end is null e from job where id = 34');
  assert.deepEqual({ ...rows[0] }, { exitcode: 143, e: 0 });
}

async function assertStored(database: Mariadb, job: number): Promise<void> {
  const rows = await database.query('select exitcode, begin is null b, end is null e from job where id = ?', [
    job,
  ]);
  assert.deepEqual({ ...rows[0] }, { exitcode: 3, b: 0, e: 0 });
  const lines = await database.query<{ type: string; line: string }>(
    'select type, line from job_output_lines where job_id = ? order by type desc',
    [job],
  );
  assert.deepEqual(
    lines.map(({ type, line }) => [type, line.trim()]),
    [
      ['stdout', 'account {"number": 7}'],
      ['stderr', 'careful'],
    ],
  );
  const artifacts = await database.query<{ filename: string }>(
    'select distinct filename from artifacts where job_id = ? order by filename',
    [job],
  );
  assert.deepEqual(
    artifacts.map(({ filename }) => filename),
    ['rates.csv', 'report.json'],
  );
}

interface MultiflexiPlace {
  readonly place: WebhookPlace;
  readonly namespace: string;
  readonly database: Mariadb;
  /** Its entrypoint is a shell: MultiFlexi's lines have arguments alone. */
  readonly image: string;
  kubectl(args: readonly string[]): ReturnType<WebhookPlace['kubectl']>;
}

/** A labelled namespace that knows MultiFlexi's database, and a registry with the image of an application. */
async function multiflexiPlace(t: TestContext): Promise<MultiflexiPlace | null> {
  const place = await webhookPlace(t, { labels: { [injectLabel]: 'true' } });
  if (place === null || !requireProgram(t, 'mariadbd')) return null;
  const registry = await requireRegistry(t);
  if (registry === null) return null;
  const database = await startMariadb(['--bind-address=0.0.0.0']);
  atEnd(t, () => database.stop());
  for (const job of [32, 33, 34]) await database.addJob(job);
  await database.query(`create user pod@'%' identified by '${databasePassword}'`);
  await database.query("grant select, insert, update on multiflexi.* to pod@'%'");
  const url = `mysql://pod:${databasePassword}@${addresses.node}:${database.port}/multiflexi`;
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'multiflexi' } };
  await place.start();
  await place.apply({ ...secret, stringData: { MULTIFLEXI_DATABASE_URL: url } });
  const image = await registry.push(
    'team/application:1',
    (tree) => withBusybox(tree),
    ['-c', 'true'],
    ['sh'],
  );
  const { programs, kubeconfig } = place.cluster;
  return {
    place,
    namespace: place.namespace,
    database,
    image,
    async kubectl(args) {
      const line = [`--kubeconfig=${kubeconfig}`, ...args];
      const { exitCode, stdout, stderr } = await execa(join(programs, 'kubectl'), line, { reject: false });
      return { exitCode, stdout, stderr };
    },
  };
}
