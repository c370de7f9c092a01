import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import { behindFront } from '../helpers/cluster-front.ts';
import { type ClusterLauncher, clusterLauncher, podTemplate } from '../helpers/cluster-launcher.ts';
import { clusterNames } from '../helpers/launcher-parts.ts';
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
  const { status, stdout, stderr } = await launcher.script(script, {
    env,
    options: mountedAt(t, inPod, 'containers'),
  });
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

/** The options by which the reporter has the temporary directory of this machine. */
function mountedAt(
  t: TestContext,
  mountPath: string,
  list: 'containers' | 'initContainers',
): readonly string[] {
  const volumes = [{ name: 'databases', persistentVolumeClaim: { claimName: 'multiflexi' } }];
  const containers = [{ name: 'reporter', volumeMounts: [{ name: 'databases', mountPath }] }];
  return podTemplate(t, { spec: { volumes, [list]: containers } });
}

async function phaseOf({ cluster, namespace }: ClusterLauncher): Promise<string> {
  const path = 'jsonpath={.items[0].status.phase}';
  const { stdout } = await cluster.kubectl(['--namespace', namespace, 'get', 'pods', `--output=${path}`]);
  return stdout;
}

test('kubernetes: what a job puts in the place of the program never runs beside the credentials of the report', async (t) => {
  const launcher = await clusterLauncher(t, name);
  if (launcher === null) return;
  const { front, env } = await behindFront(t, launcher.cluster.kubeconfig, {});
  const job = reportedJob(t);
  const { isOpen, open } = launcher.gate();
  const script = `cd /var/run/argo; cat /bin/busybox >box; /bin/busybox rm -f emissary
    printf '#!/var/run/argo/box sh\\n/var/run/argo/box cat /var/run/secrets/multiflexi/report/* >/var/run/argo/stolen' >emissary
    chmod 755 box emissary; echo ready; until ${isOpen}; do sleep 0.05; done; cat stolen; exit 3`;
  const running = launcher.startScript(script, { env: { ...job.env, ...env } });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  front.cut();
  await until('the connection is resumed', () => running.stderr().includes('it is resumed'));
  await open();
  await until('the launch ends', () => running.process.exitCode !== null);
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [3, 'ready\n'], stderr);
  assert.deepEqual([job.row().exitcode, launcher.left(), await launcher.containers()], [3, [], []]);
});

test('kubernetes: a sidecar that refuses its settings ends the launch, which tells why', async (t) => {
  const launcher = await clusterLauncher(t, name);
  if (launcher === null) return;
  const env = {
    MULTIFLEXI_JOB_ID: '7',
    MULTIFLEXI_API_URL: 'https://localhost/',
    MULTIFLEXI_API_USER: 'robot',
    MULTIFLEXI_API_PASSWORD: 'hidden',
    MULTIFLEXI_API_CA_FILE: '/nowhere/ca.pem',
  };
  const { status, stderr } = await launcher.script('sleep 1000', { env });
  // It may have ended before the job started, or a moment later.
  assert.ok(status === 64 || status === 137, String(status));
  assert.match(stderr, /MULTIFLEXI_API_CA_FILE: cannot read its file/);
  assert.match(stderr, /^emissary: The reporter in the pod .*has (ended|not delivered)/m);
  assert.doesNotMatch(stderr, /hidden/);
  assert.deepEqual(await launcher.containers(), []);
});

for (const launcherName of clusterNames)
  test(`${launcherName}, as a native sidecar: output, files and rows arrive, and nothing is left`, async (t) => {
    const launcher = await clusterLauncher(t, launcherName);
    if (launcher === null) return;
    const job = reportedJob(t);
    const mounted = launcherName === name ? mountedAt(t, tmpdir(), 'initContainers') : [];
    const options = ['--reporter', 'native', '--keep', 'failed', ...mounted];
    const { status, stdout, stderr } = await launcher.script('echo out; exit 3', { env: job.env, options });
    assert.deepEqual([status, stdout.toString()], [3, 'out\n'], stderr);
    assert.deepEqual([job.row().exitcode, job.lines().length], [3, 1]);
    const path = 'jsonpath={.items[0].spec.initContainers[1].restartPolicy}';
    const args = ['--namespace', launcher.namespace, 'get', 'pods', `--output=${path}`];
    assert.equal((await launcher.cluster.kubectl(args)).stdout, 'Always');
    const next = ['--reporter', 'native', '--report', 'none', ...mounted];
    const again = await launcher.script('exit 0', { env: job.env, options: next });
    assert.equal(again.status, 0, again.stderr);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });
