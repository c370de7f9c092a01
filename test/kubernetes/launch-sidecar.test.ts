import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import { type ClusterLauncher, clusterLauncher, podTemplate } from '../helpers/cluster-launcher.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';

const name = 'kubernetes, reported by the sidecar';
/** Where only the reporter's container has the temporary directory of this machine. */
const inPod = '/only/in/the/pod';

test('kubernetes: the sidecar reports where only the pod can, and the job sees nothing of its credentials', async (t) => {
  const launcher = await clusterLauncher(t, name);
  if (launcher === null) return;
  const job = reportedJob(t);
  const env = { ...job.env, MULTIFLEXI_DATABASE_URL: job.database.url.replace(tmpdir(), inPod) };
  const script = 'echo told; env; ls /var/run/secrets/multiflexi 2>&1; echo failed >&2; exit 3';
  const { status, stdout, stderr } = await launcher.script(script, { env, options: mountedInPod(t) });
  assert.deepEqual([status, stderr], [3, 'failed\n']);
  assert.match(stdout.toString(), /^told\n/);
  assert.doesNotMatch(stdout.toString(), /MULTIFLEXI_DATABASE|report/);
  assert.equal(job.row().exitcode, 3);
  assert.ok(job.lines().some(({ type, line }) => type === 'stderr' && line === 'failed\n'));
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: the launcher is gone, and the sidecar reports, then lets the volume go', async (t) => {
  const launcher = await clusterLauncher(t, name);
  if (launcher === null) return;
  const job = reportedJob(t);
  const { isOpen, open } = launcher.gate();
  const script = `echo ready; until ${isOpen}; do sleep 0.05; done; exit 9`;
  const running = launcher.startScript(script, { env: job.env, options: ['--hold', '1'] });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  running.kill('SIGKILL');
  await running.finished;
  await open();
  await until('the job is reported', () => job.row().exitcode === 9);
  await until('the pod has ended', async () => (await phaseOf(launcher)) === 'Failed');
  const { stderr } = await launcher.verb(['list', '--clean'], job.env);
  assert.match(stderr, /job-7: finished/);
  assert.deepEqual([job.row().exitcode, launcher.left(), await launcher.containers()], [9, [], []]);
});

test('kubernetes: what the sidecar could not deliver is told, kept, and reported later from here', async (t) => {
  const launcher = await clusterLauncher(t, name);
  if (launcher === null) return;
  const job = reportedJob(t);
  const away = `${job.database.path}.away`;
  renameSync(job.database.path, away);
  const env = { ...job.env, EMISSARY_REPORT_SECONDS: '1' };
  const { status, stdout, stderr } = await launcher.script('echo done', { env });
  assert.deepEqual([status, stdout.toString()], [64, 'done\n']);
  assert.match(stderr, /emissary: The reporter in the pod has not delivered everything\n/);
  assert.match(stderr, /the job's volume is kept in .*list --clean reports it later\n/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [['job-7'], []]);
  renameSync(away, job.database.path);
  const cleaned = await launcher.verb(['list', '--clean'], job.env);
  assert.equal(job.row().exitcode, 0, cleaned.stderr);
  assert.deepEqual([job.lines().length, launcher.left()], [1, []]);
});

function mountedInPod(t: TestContext): readonly string[] {
  const volumes = [{ name: 'databases', persistentVolumeClaim: { claimName: 'multiflexi' } }];
  const containers = [{ name: 'reporter', volumeMounts: [{ name: 'databases', mountPath: inPod }] }];
  return podTemplate(t, { spec: { volumes, containers } });
}

async function phaseOf({ cluster, namespace }: ClusterLauncher): Promise<string> {
  const path = 'jsonpath={.items[0].status.phase}';
  const { stdout } = await cluster.kubectl(['--namespace', namespace, 'get', 'pods', `--output=${path}`]);
  return stdout;
}
