import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { startApiServer } from '../helpers/api-server.ts';
import { behindFront } from '../helpers/cluster-front.ts';
import { clusterLauncher, podTemplate } from '../helpers/cluster-launcher.ts';
import { allLines, cutConnections, numberedLines } from '../helpers/cut-connections.ts';
import { jobImage } from '../helpers/launcher-parts.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';

const lines = 3_000;
const cuts = 20;
const shortJobs = 20;

test('kubernetes, its connections cut 20 times: each byte and each row once, in order', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const { front, env } = await behindFront(t, launcher.cluster.kubeconfig, {});
  const job = reportedJob(t);
  const running = launcher.startScript(numberedLines, { env: { ...job.env, ...env } });
  await cutConnections(t, running, front, cuts);
  const { status, stdout, stderr } = await running.finished;
  assert.equal(status, 21, stderr);
  assert.equal(stdout.toString(), allLines);
  const rows = job.lines().map(({ line }) => line);
  assert.equal(rows.join(''), allLines);
  assert.deepEqual([job.row().exitcode, launcher.left(), await launcher.containers()], [21, [], []]);
});

test('kubernetes: the API server is killed and started again while output flows, and nothing is lost or doubled', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const server = await startApiServer(t, launcher.cluster);
  const job = reportedJob(t);
  const script = `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i"; [ $((i % 100)) -eq 0 ] && sleep 0.5; done; exit 12`;
  const running = launcher.startScript(script, { env: { ...job.env, KUBECONFIG: server.kubeconfig } });
  await until('output flows', () => running.stdout().toString().includes('line 200\n'));
  await server.kill();
  await until('the launcher tells of it', () => /it is resumed|does not answer/.test(running.stderr()));
  await server.start();
  const { status, stdout, stderr } = await running.finished;
  assert.equal(status, 12, stderr);
  const expected = Array.from({ length: lines }, (_, index) => `line ${index + 1}\n`).join('');
  assert.equal(stdout.toString(), expected);
  assert.equal(
    job
      .lines()
      .map(({ line }) => line)
      .join(''),
    expected,
  );
  assert.deepEqual([job.row().exitcode, launcher.left(), await launcher.containers()], [12, [], []]);
});

test('kubernetes: a job that prints and ends at once has its bytes on standard output each time', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const width = 4;
  const next = Array.from({ length: shortJobs }, (_, index) => index)[Symbol.iterator]();
  const worker = async () => {
    for (const index of next) {
      const { status, stdout, stderr } = await launcher.script(`echo "short ${index}"; exit 3`);
      assert.deepEqual([status, stdout.toString()], [3, `short ${index}\n`], stderr);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes, a connection that stands still: it is given up, and the output resumed', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const { front, env } = await behindFront(t, launcher.cluster.kubeconfig, {});
  const { isOpen, open } = launcher.gate();
  const script = `echo before; until ${isOpen}; do sleep 0.05; done; echo after; exit 6`;
  const running = launcher.startScript(script, { env });
  await until('the job runs', () => running.stdout().toString().includes('before'));
  front.stall();
  await open();
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [6, 'before\nafter\n'], stderr);
  assert.equal(stderr.match(/it is resumed/g)?.length, 1, stderr);
});

test('kubernetes over a slow link: what is written just before the end arrives exactly', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const { env } = await behindFront(t, launcher.cluster.kubeconfig, { bytesPerSecond: 1_000_000 });
  const { status, stdout, stderr } = await launcher.script('head -c 4000000 /dev/zero; exit 5', { env });
  assert.equal(status, 5, stderr);
  assert.deepEqual([stdout.length, sha256(stdout)], [4_000_000, sha256(Buffer.alloc(4_000_000))]);
});

test('kubernetes: a job that ended after its launcher was killed is reported by the next launch, from the same pod', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const job = reportedJob(t);
  const { isOpen, open } = launcher.gate();
  const script = `echo ready; until ${isOpen}; do sleep 0.05; done; echo ended; exit 9`;
  const first = launcher.startScript(script, { env: job.env });
  await until('the job runs', () => first.stdout().toString().includes('ready'));
  first.kill('SIGKILL');
  await first.finished;
  await open();
  const code = '{.items[0].status.containerStatuses[?(@.name=="main")].state.terminated.exitCode}';
  const args = ['--namespace', launcher.namespace, 'get', 'pods', `--output=jsonpath=${code}`];
  await until('the job has ended', async () => (await launcher.cluster.kubectl(args)).stdout === '9');
  const second = await launcher.script('echo another; exit 1', { env: job.env });
  assert.deepEqual([second.status, second.stdout.toString()], [9, 'ready\nended\n'], second.stderr);
  assert.deepEqual([job.row().exitcode, job.lines().length], [9, 2]);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a pod that somebody deletes while no node fits ends the launch, which says so', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const running = launcher.startScript('echo ran', { options: ['--cpus', '4000'] });
  await until('the pod waits', async () => (await launcher.containers()).length === 1);
  await launcher.cluster.kubectl(['--namespace', launcher.namespace, 'delete', 'pod', '--all']);
  const { status, stderr } = await running.finished;
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: Somebody has deleted the pod [^\n]+ before its job started\n$/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a container of the template that never ends does not hold the launch, and goes with the pod', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const confined = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsUser: 1_000 };
  const mesh = {
    name: 'mesh',
    image: jobImage,
    command: ['sh', '-c', 'sleep 100000'],
    securityContext: confined,
  };
  const options = podTemplate(t, {
    metadata: { annotations: { team: 'night' } },
    spec: { containers: [mesh] },
  });
  const { status, stdout, stderr } = await launcher.script('echo done; exit 4', { options });
  assert.deepEqual([status, stdout.toString()], [4, 'done\n'], stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a ConfigMap that is missing is named when the launch gives up', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const volumes = [{ name: 'settings', configMap: { name: 'not-there' } }];
  const main = { name: 'main', volumeMounts: [{ name: 'settings', mountPath: '/settings' }] };
  const template = { spec: { volumes, containers: [main] } };
  const options = [...podTemplate(t, template), '--start-timeout', '15'];
  const { status, stderr } = await launcher.script('true', { options });
  assert.equal(status, 64);
  assert.match(stderr, /did not start within 15 s: .*configmap "not-there" not found/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
