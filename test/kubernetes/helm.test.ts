import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { chartedLauncher, neverReady, none } from '../helpers/charted-launcher.ts';
import { type Finished, startEmissary } from '../helpers/emissary.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { type Rule, serviceAccount } from '../helpers/service-account.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('kubernetes: the chart of an application is installed with values before its job, and upgraded before the next one', async (t) => {
  const charted = await chartedLauncher(t);
  if (charted === null) return;
  const { launcher, app, launch } = charted;
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
  const charted = await chartedLauncher(t);
  if (charted === null) return;
  const { app, launch } = charted;
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
  const charted = await chartedLauncher(t);
  if (charted === null) return;
  const { launcher, app, launch } = charted;
  const namespace = `${launcher.namespace}-new`;
  t.after(() => launcher.cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']));
  const { status, stdout, stderr } = await launch(['--namespace', namespace]).finished;
  assert.deepEqual([status, stdout.toString()], [0, 'usual'], stderr);
  assert.deepEqual(await app.history(), []);
});

test('kubernetes: for a chart, rights to what is in it and to Helm’s records are enough besides those of the Role', async (t) => {
  const charted = await chartedLauncher(t);
  if (charted === null) return;
  const { launcher, app, launch } = charted;
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
    const { status, stdout, stderr }: Finished = await launch(app.values({ word }), env).finished;
    assert.deepEqual([status, stdout.toString(), stderr], [0, word, '']);
  }
});

test('kubernetes: without helm, only jobs with a chart fail, and doctor says so', async (t) => {
  const charted = await chartedLauncher(t);
  if (charted === null) return;
  const { launcher, launch } = charted;
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
  const charted = await chartedLauncher(t);
  if (charted === null) return;
  const { launcher, app, launch } = charted;
  const broken = await launch(app.values({ replicas: { odd: 1 } })).finished;
  assert.equal(broken.status, 64);
  assert.match(broken.stderr, /^emissary: Helm cannot install .*chart as obchod-s-kavou: .+\n$/);
  const waiting = await launch([...app.values(neverReady), '--start-timeout', '8']).finished;
  assert.equal(waiting.status, 64);
  assert.match(waiting.stderr, /^emissary: Helm cannot install .*never not ready.*\n$/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  const mended = await launch(app.values(none)).finished;
  assert.deepEqual([mended.status, mended.stdout.toString()], [0, 'usual'], mended.stderr);
});
