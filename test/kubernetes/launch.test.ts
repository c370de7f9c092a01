import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { type ClusterLauncher, clusterLauncher } from '../helpers/cluster-launcher.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { type Rule, serviceAccount } from '../helpers/service-account.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('kubernetes: the rights of the Role are enough for a job and for doctor, and each of them is needed', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const { rules } = parse(readFileSync('images/launcher-role.yaml', 'utf8')) as {
    readonly rules: readonly Rule[];
  };
  const account = { namespace: launcher.namespace, name: 'launcher', rules };
  const env = { KUBECONFIG: await serviceAccount(t, launcher.cluster, account) };
  const ended = await launcher.script('echo done; exit 3', { env });
  assert.deepEqual([ended.status, ended.stdout.toString(), ended.stderr], [3, 'done\n', '']);
  const all = await doctor(launcher, env.KUBECONFIG);
  assert.equal(all.status, 0, all.stdout.toString());
  const fewer = {
    ...account,
    name: 'fewer',
    rules: rules.filter(({ resources }) => resources[0] !== 'pods/exec'),
  };
  const without = await doctor(launcher, await serviceAccount(t, launcher.cluster, fewer));
  assert.equal(without.status, 64);
  assert.match(without.stdout.toString(), /create pods\/exec +failed +is not granted/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: what the cluster refuses for good fails at once, with its own reason', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  for (const [options, sentence] of [
    [['--user', '0'], /violates PodSecurity "restricted:latest"/],
    [['--namespace', 'nowhere'], /namespaces "nowhere" not found/],
    [['--image', 'localhost/nowhere:1', '--pull', 'never'], /The image localhost\/nowhere:1 is not there/],
  ] as const) {
    const { status, stderr } = await launcher.script('true', { options });
    assert.equal(status, 64, stderr);
    assert.match(stderr, sentence);
    assert.equal(stderr.split('\n').length, 2, stderr);
  }
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a job that fits on no node is waited for with the scheduler’s reason, and nothing stays', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const options = ['--cpus', '4000', '--start-timeout', '5'];
  const { status, stderr } = await launcher.script('true', { options });
  assert.equal(status, 64);
  assert.match(stderr, /did not start within 5 s: still waiting for a node: .*Insufficient cpu/);
  assert.match(stderr, /emissary: Event: FailedScheduling: .*Insufficient cpu/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a full quota is waited for, and the job starts when it is free', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  await launcher.apply({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'none' },
    spec: { hard: { pods: '0' } },
  });
  const running = launcher.startScript('echo started', { under: [] });
  await until('it waits for the quota', () => running.stderr().includes('exceeded quota'));
  await launcher.cluster.kubectl(['--namespace', launcher.namespace, 'delete', 'resourcequota', 'none']);
  const { status, stdout } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [0, 'started\n']);
});

test('kubernetes: a job that was out of memory is told so, with its limit', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const options = ['--memory', '128m'];
  const script = 'exec dd if=/dev/zero of=/dev/null bs=400M count=1';
  const { status, stderr } = await launcher.script(script, { options });
  assert.equal(status, 137);
  assert.match(stderr, /The engine says about the container: it was out of memory \(limit 128 MiB\)/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a job that fails because a process of it was out of memory keeps its code, with a hint', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const job = reportedJob(t);
  const results = temporaryVolume(t);
  const options = ['--memory', '128m', '--results', results];
  const script = 'dd if=/dev/zero of=/dev/null bs=400M count=1; exit 1';
  const { status, stderr } = await launcher.script(script, { options, env: job.env });
  assert.equal(status, 1, stderr);
  const { message } = JSON.parse(readFileSync(join(results, '7/report.json'), 'utf8'));
  assert.match(message, /; the kernel killed a process of its container: out of memory \(limit 128 MiB\)/);
  assert.equal(job.row().exitcode, 1);
});

test('kubernetes: a pod that somebody deletes while its job runs is lost, and what it wrote is reported', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const job = reportedJob(t);
  const running = launcher.startScript('echo ready; sleep 1000', { env: job.env });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  const args = ['delete', 'pod', '--all', '--force', '--grace-period=0'];
  await launcher.cluster.kubectl(['--namespace', launcher.namespace, ...args]);
  const { status, stderr } = await running.finished;
  assert.notEqual(status, 0);
  assert.match(stderr, /The engine says about the container: somebody has (removed it|deleted its pod)/);
  assert.deepEqual(job.lines().length, 1);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: TERM while no node fits ends the launch, and nothing runs later', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const running = launcher.startScript('echo ran', { options: ['--cpus', '4000'] });
  await until('the pod waits', async () => (await launcher.containers()).length === 1);
  running.kill('SIGTERM');
  assert.equal((await running.finished).status, 143);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a credential plugin is asked, again when its token has expired, and does not get the credentials of the report', async (t) => {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return;
  const directory = temporaryVolume(t);
  const account = { namespace: launcher.namespace, name: 'plugin', rules: [everyRight] };
  const config = readFileSync(await serviceAccount(t, launcher.cluster, account), 'utf8');
  const token = /token: "?([^"\s]+)/.exec(config)?.[1] ?? /"token": *"([^"]+)"/.exec(config)?.[1];
  assert.ok(token !== undefined, config);
  const [plugin, seen] = [join(directory, 'plugin'), join(directory, 'seen')];
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token },
  };
  const expired = { ...credential, status: { token: 'expired' } };
  // The first answer is a token that has just expired: then it is asked once more.
  writeFileSync(
    plugin,
    `#!/bin/sh\nif [ -e ${seen} ]; then echo '${JSON.stringify(credential)}'; else echo '${JSON.stringify(expired)}'; fi\nenv > ${seen}\n`,
  );
  chmodSync(plugin, 0o755);
  const parsed = parse(config);
  parsed.users[0].user = {
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' },
  };
  const file = join(directory, 'kubeconfig');
  writeFileSync(file, JSON.stringify(parsed), { mode: 0o600 });
  const job = reportedJob(t);
  const { status, stderr } = await launcher.script('exit 0', { env: { ...job.env, KUBECONFIG: file } });
  assert.equal(status, 0, stderr);
  assert.ok(existsSync(seen));
  assert.doesNotMatch(readFileSync(seen, 'utf8'), /MULTIFLEXI_DATABASE/);
});

const everyRight: Rule = {
  apiGroups: [''],
  resources: ['pods', 'pods/exec', 'pods/log', 'secrets', 'events'],
  verbs: ['*'],
};

function doctor(launcher: ClusterLauncher, kubeconfig: string) {
  return launcher.verb(['doctor', '--engine', 'kubernetes', '--kubeconfig', kubeconfig]);
}
