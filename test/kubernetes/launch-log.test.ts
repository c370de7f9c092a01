import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { startApiFront } from '../helpers/api-front.ts';
import { behindFront } from '../helpers/cluster-front.ts';
import { type ClusterLauncher, clusterLauncher } from '../helpers/cluster-launcher.ts';
import { allLines, cutConnections, numberedLines } from '../helpers/cut-connections.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { type Rule, serviceAccount } from '../helpers/service-account.ts';
import { until } from '../helpers/until.ts';

const cuts = 10;

test('kubernetes without the right to exec: the log is recorded, and what is lost by that is said', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const job = reportedJob(t);
  const env = { ...job.env, KUBECONFIG: await withoutExec(t, launcher) };
  const script =
    'echo two >&2; sleep 1; printf "half "; echo one; head -c 100000 /dev/zero; echo; printf end; exit 7';
  const { status, stdout, stderr } = await launcher.script(script, { env });
  assert.equal(status, 7, stderr);
  const expected = Buffer.concat([
    Buffer.from('two\nhalf one\n'),
    Buffer.alloc(100_000),
    Buffer.from('\nend'),
  ]);
  assert.deepEqual(stdout, expected);
  assert.match(
    stderr,
    /Only the log of the job can be read \(.*pods\/exec.*\): both streams are one, and artifacts/,
  );
  assert.deepEqual([job.row().exitcode, launcher.left(), await launcher.containers()], [7, [], []]);
});

test('kubernetes without the right to exec: TERM stops the job, which has its grace', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const env = { KUBECONFIG: await withoutExec(t, launcher) };
  const script = 'trap "echo stopped; exit 4" TERM; echo ready; while :; do sleep 0.1; done';
  const running = launcher.startScript(script, { env, under: [] });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  running.kill('SIGTERM');
  const { status, stdout } = await running.finished;
  assert.equal(status, 4);
  // The shell tells of its sleep, too.
  assert.match(stdout.toString(), /^ready\n(?:Terminated\n)?stopped\n/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes without the right to exec, its connections cut: each byte once, in order', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const { front, env } = await behindFront(t, await withoutExec(t, launcher), {});
  const running = launcher.startScript(numberedLines, { env });
  await cutConnections(t, running, front, cuts);
  const { status, stdout, stderr } = await running.finished;
  assert.equal(status, 21, stderr);
  assert.equal(stdout.toString(), allLines);
});

test('kubernetes without the right to exec, its launcher killed: the next launch reports the same pod', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const job = reportedJob(t);
  const env = { ...job.env, KUBECONFIG: await withoutExec(t, launcher) };
  const { isOpen, open } = launcher.gate();
  const script = `echo ready; until ${isOpen}; do sleep 0.05; done; echo ended; exit 9`;
  const first = launcher.startScript(script, { env });
  await until('the job runs', () => first.stdout().toString().includes('ready'));
  first.kill('SIGKILL');
  await first.finished;
  await open();
  const second = await launcher.script('echo another; exit 1', { env });
  assert.deepEqual([second.status, second.stdout.toString()], [9, 'ready\nended\n'], second.stderr);
  assert.equal(job.row().exitcode, 9);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a kubelet that does not know its pods yet loses no job', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const front = await startApiFront(t, launcher.cluster.kubeconfig);
  let forgotten = 0;
  front.interference.answer = ({ path }) => {
    if (!path.includes('/exec?') || forgotten > 0) return null;
    forgotten += 1;
    return { status: 404, body: { kind: 'Status', message: 'pod does not exist', code: 404 } };
  };
  const env = { KUBECONFIG: front.kubeconfig };
  const { status, stdout, stderr } = await launcher.script('echo out; exit 8', { env });
  assert.deepEqual([forgotten, status, stdout.toString()], [1, 8, 'out\n'], stderr);
});

test('kubernetes: a job that is followed again without the right to exec runs on, and is finished with it', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const options = ['--job-id', '98', '--report', 'none'];
  const { isOpen, open } = launcher.gate();
  const script = `echo ready; until ${isOpen}; do sleep 0.05; done; echo ended; exit 10`;
  const first = launcher.startScript(script, { options });
  await until('the job runs', () => first.stdout().toString().includes('ready'));
  first.kill('SIGKILL');
  await first.finished;
  const env = { KUBECONFIG: await withoutExec(t, launcher) };
  const second = await launcher.script('echo another', { options, env });
  assert.deepEqual([second.status, second.stdout.toString()], [64, 'ready\n'], second.stderr);
  assert.match(
    second.stderr,
    /The job's volume cannot be reached: .*pods\/exec.*; the job runs on; once that is allowed, /,
  );
  await open();
  const third = await launcher.script('echo another', { options });
  assert.deepEqual([third.status, third.stdout.toString()], [10, 'ready\nended\n'], third.stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

/** All rights of a launcher but that one. @returns a kubeconfig's file */
function withoutExec(t: TestContext, { cluster, namespace }: ClusterLauncher): Promise<string> {
  const role = parse(readFileSync('images/launcher-role.yaml', 'utf8')) as {
    readonly rules: readonly Rule[];
  };
  const rules = role.rules.filter(({ resources }) => resources[0] !== 'pods/exec');
  return serviceAccount(t, cluster, { namespace, name: 'no-exec', rules });
}
