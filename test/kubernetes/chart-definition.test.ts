import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { installBundle } from '../../build/release/install-bundle.ts';
import { atEnd } from '../helpers/at-end.ts';
import { type OperatorChart, operatorChart } from '../helpers/operator-chart.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const sample = readFileSync('images/operator/sample.yaml', 'utf8');

for (const side of ['client', 'server'] as const)
  test(`chart: an upgrade by the ${side} renews the definition; each resource survives it, a rollback and the uninstallation`, async (t) => {
    const place = await ownGroup(t);
    if (place === null) return;
    const { chart, group, at } = place;
    const method = `--server-side=${side === 'server'}`;
    const [before, now] = [at('0.0.9', withoutRetries), at('0.1.0')];
    await chart.helmDone(['install', 'emissary', before, method, ...none]);
    await established(chart, group);
    const retried = sample.replaceAll(usual, group);
    const old = await applied(chart, retried);
    assert.match(old.stderr, /unknown field "(spec\.)?retries"/);
    await applied(chart, sample.replaceAll(usual, group).replace(/^ {2}retries: 1$/m, ''), 0);
    const { uid } = (await resource(chart, group)).metadata;
    await chart.helmDone(['upgrade', 'emissary', now, method, ...none]);
    // kubectl asks for the schema, which is published a moment later.
    await until('the new field is known', async () => (await applied(chart, retried)).exitCode === 0);
    assert.deepEqual((await resource(chart, group)).spec.retries, 1);
    await chart.helmDone(['rollback', 'emissary', '1']);
    await chart.helmDone(['rollback', 'emissary', '2']);
    assert.equal((await resource(chart, group)).metadata.uid, uid);
    const told = await chart.helmDone(['uninstall', 'emissary']);
    assert.match(told, /kept due to the resource policy:\s+\[CustomResourceDefinition\] emissaryjobs\./);
    assert.equal((await resource(chart, group)).metadata.uid, uid);
  });

test('chart: jobs of a parent chart come in the same installation as their definition, as hooks', async (t) => {
  const place = await ownGroup(t);
  if (place === null) return;
  const { chart, group, at } = place;
  const parent = temporaryVolume(t);
  mkdirSync(join(parent, 'charts'));
  mkdirSync(join(parent, 'templates'));
  cpSync(at('0.1.0'), join(parent, 'charts/multiflexi-emissary-operator'), { recursive: true });
  writeFileSync(join(parent, 'Chart.yaml'), 'apiVersion: v2\nname: parent\nversion: 1.0.0\n');
  const hook = '  annotations: { helm.sh/hook: "post-install,post-upgrade" }\n';
  const job = sample.replaceAll(usual, group).replace('  name: sample\n', `  name: sample\n${hook}`);
  writeFileSync(join(parent, 'templates/job.yaml'), job);
  const values = ['--set', `${'multiflexi-emissary-operator'}.releaseOnUninstall=false`];
  await chart.helmDone([
    'install',
    'emissary',
    parent,
    ...values,
    '--set',
    'multiflexi-emissary-operator.replicas=1',
  ]);
  assert.equal((await resource(chart, group)).metadata.name, 'sample');
});

test('install.yaml is applied twice, and its definition leaves room in the annotation of kubectl', async (t) => {
  const chart = await operatorChart(t);
  if (chart === null) return;
  const { namespace, cluster } = chart;
  const text = (await installBundle()).replaceAll(
    /(name|namespace|serviceAccountName): multiflexi-emissary$/gm,
    `$1: ${namespace}`,
  );
  // An operator of all namespaces would take the jobs of other tests.
  const bundle = text
    .replace('- --all-namespaces', `- --namespace=${namespace}`)
    .replaceAll('multiflexi-operator', namespace)
    .replace('[multiflexi-emissary]', `[${namespace}]`);
  const objects = parseAllDocuments(bundle).map((each) => each.toJSON() as object);
  atEnd(t, () =>
    cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', namespace, '--ignore-not-found']),
  );
  const apply = ['apply', '--filename', '-'];
  const dry = await cluster.kubectl([...apply, '--dry-run=server'], { objects });
  assert.equal(dry.exitCode, 0, dry.stderr);
  for (const _ of ['first', 'second']) {
    const { exitCode, stderr } = await cluster.kubectl(apply, { objects });
    assert.equal(exitCode, 0, stderr);
    const generation = ['get', 'deployment', namespace, '--output=jsonpath={.metadata.generation}'];
    assert.equal(await chart.kubectl(...generation), '1');
  }
  await chart.kubectl('rollout', 'status', 'deployment', namespace, '--timeout=120s');
  await chart.kubectl('apply', '--filename', 'images/operator/sample.yaml');
  assert.equal((await chart.phase('sample', 'Succeeded', 'Failed')).phase, 'Succeeded');
  const crd = await cluster.kubectl(['get', 'crd', `emissaryjobs.${usual}`, '--output=json']);
  assert.ok(Buffer.byteLength(crd.stdout) < 65_536, `${Buffer.byteLength(crd.stdout)} bytes`);
  await chart.kubectl('delete', 'deployment', namespace);
});

const usual = 'emissary.multiflexi.eu';
const none = ['--set', 'replicas=1,releaseOnUninstall=false'];
const withoutRetries = (text: string) => text.replace(/^ {16}retries:\n(?: {18}.*\n)+/m, '');

/** The chart with a definition of a group of the test's own: that of the cluster is every test's. */
async function ownGroup(t: TestContext) {
  const chart = await operatorChart(t);
  if (chart === null) return null;
  const group = `t${randomBytes(5).toString('hex')}.multiflexi.example`;
  const at = (version: string, change = (text: string) => text) => {
    const directory = temporaryVolume(t);
    cpSync('images/chart', directory, { recursive: true, dereference: true });
    const file = join(directory, 'files/crd.yaml');
    writeFileSync(file, change(readFileSync(file, 'utf8')).replaceAll(usual, group));
    const about = readFileSync(join(directory, 'Chart.yaml'), 'utf8');
    writeFileSync(join(directory, 'Chart.yaml'), about.replace(/^version: .*$/m, `version: ${version}`));
    return directory;
  };
  atEnd(t, () => chart.cluster.kubectl(['delete', 'crd', `emissaryjobs.${group}`, '--ignore-not-found']));
  return { chart, group, at };
}

async function established({ cluster }: OperatorChart, group: string): Promise<void> {
  const args = ['wait', '--for=condition=Established', `crd/emissaryjobs.${group}`, '--timeout=60s'];
  const { exitCode, stderr } = await cluster.kubectl(args);
  assert.equal(exitCode, 0, stderr);
}

/** @param status that kubectl must end with; absent: any */
async function applied({ cluster, namespace }: OperatorChart, text: string, status?: number) {
  const objects = [parseAllDocuments(text)[0]?.toJSON() as object];
  const args = ['--namespace', namespace, 'apply', '--validate=strict', '--filename', '-'];
  const done = await cluster.kubectl(args, { objects });
  if (status !== undefined) assert.equal(done.exitCode, status, done.stderr);
  return done;
}

async function resource({ kubectl }: OperatorChart, group: string) {
  return JSON.parse(await kubectl('get', `emissaryjobs.${group}`, 'sample', '--output=json'));
}
