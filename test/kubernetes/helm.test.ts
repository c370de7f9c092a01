import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { type ChartedApplication, chartedApplication, factsMount } from '../helpers/chart.ts';
import { type ClusterLauncher, clusterLauncher, podTemplate } from '../helpers/cluster-launcher.ts';
import { type Finished, startEmissary } from '../helpers/emissary.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { type Rule, serviceAccount } from '../helpers/service-account.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const never = { replicas: 1 };
const none = { replicas: 0 };

test('kubernetes: the chart of an application is installed with values before its job, and upgraded before the next one', async (t) => {
  const { launcher, app, launch } = await prepare(t);
  if (launcher === null) return;
  const first = await launch(app.values({ word: 'espresso' })).finished;
  assert.deepEqual([first.status, first.stdout.toString(), first.stderr], [0, 'espresso', '']);
  assert.deepEqual(await app.history(), ['deployed']);
  const [one, two] = [app.values({ word: 'latte' }), app.values({ word: 'lungo' })];
  const both = `${one[1]},${two[1]}`;
  const second = await launch(['--helm-values', both]).finished;
  assert.deepEqual([second.status, second.stdout.toString(), second.stderr], [0, 'lungo', '']);
  assert.deepEqual(await app.history(), ['superseded', 'deployed']);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: helm gets neither the credentials of the report nor settings that lead it elsewhere', async (t) => {
  const { launcher, app, launch } = await prepare(t);
  if (launcher === null) return;
  const [program, seen] = [join(temporaryVolume(t), 'helm'), join(temporaryVolume(t), 'seen')];
  const real = app.env['EMISSARY_HELM'] ?? '';
  writeFileSync(program, `#!/bin/sh\nenv >> ${seen}\necho "$@" >> ${seen}\nexec ${real} "$@"\n`);
  chmodSync(program, 0o755);
  const job = reportedJob(t);
  const env = { ...job.env, EMISSARY_HELM: program, HELM_NAMESPACE: 'kube-system', HELM_KUBETOKEN: 'odd' };
  const { status, stderr } = await launch([], env).finished;
  assert.equal(status, 0, stderr);
  const text = readFileSync(seen, 'utf8');
  assert.match(text, new RegExp(`upgrade --install ${app.release} ${app.chart} .*--wait --timeout \\d+s`));
  assert.doesNotMatch(text, /MULTIFLEXI_DATABASE|HELM_NAMESPACE|HELM_KUBETOKEN|--create-namespace/);
});

test('what cannot be a chart, a release or values of one is refused before anything runs', async (t) => {
  const options = ['launch', '--engine', 'kubernetes', '--image', 'busybox'];
  for (const [args, sentence] of [
    [['--helm-chart', '--debug'], /--helm-chart is not a chart/],
    [['--helm-chart', 'https://jan:hidden@example.com/c.tgz'], /--helm-chart has a password in it/],
    [['--helm-chart', 'c', '--helm-release', 'A_b'], /--helm-release is not a name of a release/],
    [['--helm-chart', 'c', '--helm-values', '/no/file'], /--helm-values: the file \/no\/file is not there/],
    [['--engine', 'docker', '--helm-chart', 'c'], /--helm-chart is for Kubernetes/],
  ] as const) {
    const running = startEmissary(t, [...options, ...args, '--', 'true']);
    const { status, stderr } = await running.finished;
    assert.equal(status, 64);
    assert.match(stderr, sentence);
    assert.doesNotMatch(stderr, /hidden/);
  }
});

test('kubernetes: a namespace that is not there is made for the chart', async (t) => {
  const { launcher, app, launch } = await prepare(t);
  if (launcher === null) return;
  const namespace = `${launcher.namespace}-new`;
  t.after(() => launcher.cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']));
  const { status, stdout, stderr } = await launch(['--namespace', namespace]).finished;
  assert.deepEqual([status, stdout.toString()], [0, 'usual'], stderr);
  assert.deepEqual(await app.history(), []);
});

test('kubernetes: for a chart, rights to what is in it and to Helm’s records are enough besides those of the Role', async (t) => {
  const { launcher, app, launch } = await prepare(t);
  if (launcher === null) return;
  const role = parse(readFileSync('images/launcher-role.yaml', 'utf8')) as {
    readonly rules: readonly Rule[];
  };
  const verbs = ['get', 'list', 'create', 'update', 'delete'];
  const rules = [
    ...role.rules,
    { apiGroups: [''], resources: ['secrets'], verbs },
    { apiGroups: [''], resources: ['configmaps'], verbs: [...verbs, 'watch', 'patch'] },
    { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs: [...verbs, 'watch', 'patch'] },
  ];
  const account = { namespace: launcher.namespace, name: 'launcher', rules };
  const env = { KUBECONFIG: await serviceAccount(t, launcher.cluster, account) };
  for (const word of ['first', 'second']) {
    const { status, stdout, stderr } = await launch(app.values({ word }), env).finished;
    assert.deepEqual([status, stdout.toString(), stderr], [0, word, '']);
  }
});

test('kubernetes: without helm, only jobs with a chart fail, and doctor says so', async (t) => {
  const { launcher, launch } = await prepare(t);
  if (launcher === null) return;
  const env = { EMISSARY_HELM: '/nowhere/helm' };
  const { status, stderr } = await launch([], env).finished;
  assert.equal(status, 64);
  assert.match(
    stderr,
    /^emissary: The chart of the job needs Helm, and the program \/nowhere\/helm is not there.*\n$/,
  );
  const without = await launcher.script('exit 3', { env });
  assert.deepEqual([without.status, without.stderr], [3, '']);
  const doctor = ['doctor', '--engine', 'kubernetes'];
  const hint = await launcher.verb(doctor, env);
  assert.equal(hint.status, 0, hint.stdout.toString());
  assert.match(
    hint.stdout.toString(),
    /helm +ok +\/nowhere\/helm is not there; only applications with a chart/,
  );
  const asked = await launcher.verb([...doctor, '--helm-chart', './chart'], env);
  assert.equal(asked.status, 64);
  assert.match(asked.stdout.toString(), /helm +failed +\/nowhere\/helm is not there/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a chart that is broken, or never gets ready, fails with the words of helm; mended, it is installed', async (t) => {
  const { launcher, app, launch } = await prepare(t);
  if (launcher === null) return;
  const broken = await launch(app.values({ replicas: { odd: 1 } })).finished;
  assert.equal(broken.status, 64);
  assert.match(broken.stderr, /^emissary: Helm cannot install .*chart as obchod-s-kavou: .+\n$/);
  const waiting = await launch([...app.values(never), '--start-timeout', '8']).finished;
  assert.equal(waiting.status, 64);
  assert.match(waiting.stderr, /^emissary: Helm cannot install .*never not ready.*\n$/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  const mended = await launch(app.values(none)).finished;
  assert.deepEqual([mended.status, mended.stdout.toString()], [0, 'usual'], mended.stderr);
});

test('kubernetes: TERM while the chart is not ready stops helm, and the launch ends; the next one goes on', async (t) => {
  const { launcher, app, launch } = await prepare(t);
  if (launcher === null) return;
  const running = launch(app.values(never));
  await until('helm waits', app.isPending);
  running.kill('SIGTERM');
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString(), stderr], [143, '', '']);
  assert.deepEqual(await app.history(), ['failed']);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  const next = await launch(app.values(none)).finished;
  assert.deepEqual([next.status, next.stderr], [0, '']);
});

test('kubernetes: what a launch that was killed with its helm has left pending is recovered by the next one', async (t) => {
  const { launcher, app, launch } = await prepare(t);
  if (launcher === null) return;
  const left = 'emissary: The release obchod-s-kavou was left in';
  for (const [state, remedy] of [
    ['pending-install', 'it is uninstalled first'],
    ['pending-upgrade', 'it is rolled back to revision 1 first'],
  ]) {
    const killed = launch(app.values(never));
    const helm = await until('helm waits', async () => (await app.isPending()) && childrenOf(killed.pid)[0]);
    for (const pid of [killed.pid, helm]) process.kill(pid, 'SIGKILL');
    await killed.finished;
    const next: Finished = await launch(app.values({ word: 'again' })).finished;
    assert.deepEqual([next.status, next.stdout.toString()], [0, 'again'], next.stderr);
    assert.equal(next.stderr, `${left} ${state} by somebody who was killed; ${remedy}\n`);
  }
  assert.equal((await app.history()).at(-1), 'deployed');
  await launcher.verb(['list', '--clean']);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('kubernetes: a helm whose launch was killed is waited for, as long as it lives', async (t) => {
  const { launcher, app, launch } = await prepare(t);
  if (launcher === null) return;
  const killed = launch([...app.values(never), '--start-timeout', '200']);
  const helm = await until('helm waits', async () => (await app.isPending()) && childrenOf(killed.pid)[0]);
  t.after(() => kill(helm));
  killed.kill('SIGKILL');
  await killed.finished;
  const early = await launch(['--start-timeout', '4']).finished;
  assert.equal(early.status, 64);
  assert.match(
    early.stderr,
    /within 4 s: still waiting for another launch that changes the release obchod-s-kavou/,
  );
  const patient = launch(app.values(none));
  await ready(launcher);
  const { status, stdout, stderr } = await patient.finished;
  assert.deepEqual([status, stdout.toString(), stderr], [0, 'usual', '']);
  assert.deepEqual(await app.history(), ['superseded', 'deployed']);
});

test('kubernetes: a release that somebody else installs is waited for, and recovered when his time is over', async (t) => {
  const { launcher, app, launch } = await prepare(t);
  if (launcher === null) return;
  const install = ['upgrade', '--install', app.release, app.chart, '--set', 'replicas=1', '--wait'];
  const foreign = app.helm(install);
  await until('helm waits', app.isPending);
  const early = await launch(['--start-timeout', '4']).finished;
  assert.equal(early.status, 64);
  assert.match(
    early.stderr,
    /still waiting for whoever changes the release obchod-s-kavou \(pending-install since/,
  );
  const patient = launch(app.values(none));
  await ready(launcher);
  assert.equal((await foreign).exitCode, 0);
  const { status, stderr } = await patient.finished;
  assert.deepEqual([status, stderr], [0, '']);
  // Its end is known, and over.
  const over = app.helm([...install, '--timeout', '200s', '--labels', 'eu.multiflexi.emissary.until=1']);
  await until('helm waits', app.isPending);
  const next = await launch([]).finished;
  assert.equal(next.status, 0, next.stderr);
  assert.match(next.stderr, /was left in pending-upgrade .* rolled back to revision 2 first/);
  await over;
});

test('kubernetes: of two launches of an application at once, each finds its chart', async (t) => {
  const { launcher, app, launch } = await prepare(t);
  if (launcher === null) return;
  const both = [launch(['--job-id', '1', '--report', 'none']), launch(['--job-id', '2', '--report', 'none'])];
  for (const { status, stdout, stderr } of await Promise.all(both.map(({ finished }) => finished)))
    assert.deepEqual([status, stdout.toString(), stderr], [0, 'usual', '']);
  assert.deepEqual(await app.history(), ['superseded', 'deployed']);
});

async function prepare(t: TestContext) {
  const launcher = await clusterLauncher(t);
  if (launcher === null) return { launcher, app: null as never, launch: null as never };
  const app = chartedApplication(t, launcher);
  return { launcher, app, launch: starter(t, launcher, app) };
}

function starter(t: TestContext, launcher: ClusterLauncher, app: ChartedApplication) {
  const mount = podTemplate(t, factsMount);
  return (options: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    startEmissary(t, ['launch', '--engine', 'kubernetes', ...mount, ...options, app.file], {
      env: { ...launcher.env, ...app.env, ...env },
    });
}

/** The Deployment that never gets ready is ready: none of it is wanted. */
async function ready({ cluster, namespace }: ClusterLauncher): Promise<void> {
  const scale = ['scale', 'deployment', 'never', '--replicas=0'];
  const { exitCode, stderr } = await cluster.kubectl(['--namespace', namespace, ...scale]);
  assert.equal(exitCode, 0, stderr);
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
