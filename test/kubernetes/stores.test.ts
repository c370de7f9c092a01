import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { clusterLauncher } from '../helpers/cluster-launcher.ts';
import { jobImage } from '../helpers/launcher-parts.ts';
import { operatorPlace } from '../helpers/operator.ts';
import { operatorLauncher } from '../helpers/operator-launcher.ts';
import { type PodStore, passesInput, podStore, throughStore } from '../helpers/pod-store.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';
import { injectLabel, podOf, webhookPlace } from '../helpers/webhook.ts';

/** More than one part of an upload. */
const input = randomBytes(12_000_000);

/** The option of a launch with that template. */
function templateOf(t: TestContext, s3: object): readonly string[] {
  const file = join(temporaryVolume(t), 'template.json');
  writeFileSync(file, JSON.stringify(throughStore(s3)));
  return ['--template', file];
}

function assertStored(store: PodStore, job: number, text: string): void {
  assert.deepEqual(store.keys(), [`all/${job}/other`, 'in/input', 'out/own']);
  assert.ok(store.object('out/own').equals(input));
  assert.equal(store.object(`all/${job}/other`).toString(), '2\n');
  assert.doesNotMatch(text, store.hidden);
}

for (const report of ['sidecar', 'none'] as const)
  test(`kubernetes: a template's input comes from its store, and its artifacts go there, with --report ${report}`, async (t) => {
    const launcher = await clusterLauncher(t);
    const store = launcher === null ? null : await podStore(t, input);
    if (launcher === null || store === null) return;
    await launcher.apply(store.secret);
    const options = [
      ...templateOf(t, { ...store.s3, ...store.secrets }),
      '--job-id',
      '7',
      '--report',
      report,
    ];
    // The launcher itself puts them unless the pod does.
    const env = report === 'none' ? store.credentials : {};
    const { status, stdout, stderr } = await launcher.script(passesInput, { options, env });
    assert.equal(status, 0, stderr);
    assertStored(store, 7, stdout.toString() + stderr);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

test('kubernetes: without Secrets in the template, the variables and the authority of the launcher count, for init and the reporter alone', async (t) => {
  const launcher = await clusterLauncher(t);
  const store = launcher === null ? null : await podStore(t, input, true);
  if (launcher === null || store === null) return;
  const options = [...templateOf(t, store.s3), '--job-id', '8', '--report', 'sidecar'];
  const env = store.credentials;
  const { status, stdout, stderr } = await launcher.script(passesInput, { options, env });
  assert.equal(status, 0, stderr);
  assertStored(store, 8, stdout.toString() + stderr);
});

test('kubernetes: a Secret that the template names and is not there keeps the job from its start, with the reason', async (t) => {
  const launcher = await clusterLauncher(t);
  const store = launcher === null ? null : await podStore(t, input);
  if (launcher === null || store === null) return;
  const options = [...templateOf(t, { ...store.s3, ...store.secrets }), '--start-timeout', '5'];
  const { status, stderr } = await launcher.script('echo never', { options });
  assert.equal(status, 64);
  assert.match(stderr, /secret "store" not found/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('launch --via operator: a template has its store, and the job nothing of it', async (t) => {
  const launcher = await operatorLauncher(t);
  const store = launcher === null ? null : await podStore(t, input);
  if (launcher === null || store === null) return;
  await launcher.place.start();
  await launcher.place.apply(store.secret);
  const options = [...templateOf(t, { ...store.s3, ...store.secrets }), '--job-id', '9'];
  const { status, stdout, stderr } = await launcher.script(passesInput, { options });
  assert.equal(status, 0, stderr);
  assertStored(store, 9, stdout.toString() + stderr);
});

test('launch --via operator: the variables and the authority of the launcher are in Secrets of the resource', async (t) => {
  const launcher = await operatorLauncher(t);
  const store = launcher === null ? null : await podStore(t, input, true);
  if (launcher === null || store === null) return;
  await launcher.place.start();
  const options = [...templateOf(t, store.s3), '--job-id', '14'];
  const { status, stdout, stderr } = await launcher.script(passesInput, { options, env: store.credentials });
  assert.equal(status, 0, stderr);
  assertStored(store, 14, stdout.toString() + stderr);
  assert.deepEqual(launcher.left(), []);
  await until('nothing is left', async () => (await launcher.remains()).length === 0);
});

for (const named of [true, false])
  test(`operator: an EmissaryJob has its store, with ${named ? 'Secrets that it names' : 'the variables of its secretRef'}, and the job nothing of it`, async (t) => {
    const place = await operatorPlace(t);
    const store = place === null ? null : await podStore(t, input);
    if (place === null || store === null) return;
    await place.start();
    const variables = { ...store.secret, metadata: { name: 'multiflexi' }, stringData: store.credentials };
    await place.apply(named ? store.secret : variables);
    const template = throughStore(named ? { ...store.s3, ...store.secrets } : store.s3);
    const multiflexi = { jobId: 10, ...(!named && { secretRef: { name: 'multiflexi' } }) };
    await place.make('stores', passesInput, { ...template, multiflexi, keepPod: 'Always' });
    await place.phase('stores', 'Succeeded');
    const output = await place.kubectl('logs', 'stores-1', '--container=main');
    assertStored(store, 10, output);
  });

test('operator: what an application saves goes to the repository of its resource, and an artifact to its own place', async (t) => {
  const place = await operatorPlace(t);
  const store = place === null ? null : await podStore(t, input);
  if (place === null || store === null) return;
  await place.start();
  await place.apply(store.secret);
  const s3 = { ...store.s3, ...store.secrets };
  const definition = {
    name: 'An application',
    executable: 'sh',
    cmdparams: "-c 'echo 1,2 >$MULTIFLEXI_TMP/a.csv; echo fixed >/tmp/fixed; cat /tmp/in >/tmp/in.csv'",
    artifacts: [
      { name: 'Table', path: '.*\\.csv' },
      { name: 'Fixed', path: '/tmp/fixed' },
    ],
  };
  const job = {
    apiVersion: 'emissary.multiflexi.eu/v1alpha1',
    kind: 'EmissaryJob',
    metadata: { name: 'app' },
    spec: {
      application: { definition },
      image: jobImage,
      multiflexi: { jobId: 12 },
      artifactRepository: { s3 },
      inputs: { artifacts: [{ name: 'input', path: '/tmp/in', s3: { ...s3, key: 'in/input' } }] },
      outputs: { artifacts: [{ name: 'Fixed', archive: { none: {} }, s3: { key: 'own/fixed' } }] },
    },
  };
  await place.apply(job);
  await place.phase('app', 'Succeeded');
  assert.deepEqual(store.keys(), ['12/a.csv', '12/in.csv', 'in/input', 'own/fixed']);
  assert.ok(store.object('12/in.csv').equals(input));
});

test('kubernetes: artifacts that the sidecar could not put are kept, and put later from here', async (t) => {
  const launcher = await clusterLauncher(t);
  const store = launcher === null ? null : await podStore(t, input);
  if (launcher === null || store === null) return;
  await launcher.apply({ ...store.secret, stringData: { access: 'another', secret: 'wrong' } });
  const { outputs } = throughStore({ ...store.s3, ...store.secrets });
  const file = join(temporaryVolume(t), 'template.json');
  const [own] = outputs.artifacts;
  const artifact = { ...own, s3: { ...store.s3, ...store.secrets, key: 'out/own' } };
  writeFileSync(file, JSON.stringify({ outputs: { artifacts: [artifact] } }));
  const options = ['--template', file, '--job-id', '13', '--report', 'sidecar'];
  const { status, stderr } = await launcher.script('echo kept >/tmp/own', { options });
  assert.equal(status, 64);
  assert.match(stderr, /Cannot put artifact "own"/);
  assert.match(stderr, /list --clean reports it later/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [['job-13'], []]);
  const cleaned = await launcher.verb(['list', '--clean'], store.credentials);
  assert.equal(cleaned.status, 0, cleaned.stderr);
  assert.equal(store.object('out/own').toString(), 'kept\n');
  assert.deepEqual(launcher.left(), []);
});

test('webhook: a pod whose template has a store is wrapped with it, and the job has nothing of it', async (t) => {
  const place = await webhookPlace(t, { labels: { [injectLabel]: 'true' } });
  const store = place === null ? null : await podStore(t, input);
  if (place === null || store === null) return;
  await place.start();
  await place.apply(store.secret);
  const prefix = 'emissary.multiflexi.eu';
  const template = JSON.stringify(throughStore({ ...store.s3, ...store.secrets }));
  const annotations = { [`${prefix}/template`]: template, [`${prefix}/job-id`]: '11' };
  await place.apply(podOf('stores', passesInput, {}, { annotations }));
  const { status } = await place.ended('stores');
  const said = await place.kubectl('logs', 'stores', '--all-containers', '--prefix');
  assert.equal(store.keys().length, 3, `${said.stdout}\n${JSON.stringify(status)}`);
  const { stdout } = await place.kubectl('logs', 'stores', '--container=job');
  assertStored(store, 11, stdout);
});

test('kubernetes: the example with stores runs, and its artifacts are in the store', async (t) => {
  const launcher = await clusterLauncher(t);
  const store = launcher === null ? null : await podStore(t, Buffer.from('unused'));
  if (launcher === null || store === null) return;
  store.put('names.txt', 'Eva\nAdam\n');
  const text = readFileSync('images/examples/stores.yaml', 'utf8')
    .replaceAll('minio:9000', String(store.s3['endpoint']))
    .replace('an-access-key', store.credentials['AWS_ACCESS_KEY_ID'] ?? '')
    .replace('a-secret-key', store.credentials['AWS_SECRET_ACCESS_KEY'] ?? '');
  for (const document of parseAllDocuments(text)) await launcher.apply(document.toJS());
  const { cluster, namespace } = launcher;
  const phase = '--for=jsonpath={.status.phase}=Succeeded';
  const args = ['--namespace', namespace, 'wait', 'pod/multiflexi-job-1', phase, '--timeout=120s'];
  const { exitCode, stderr } = await cluster.kubectl(args);
  assert.equal(exitCode, 0, stderr);
  assert.deepEqual(store.keys(), ['1/about.tgz', 'in/input', 'names.txt', 'sorted/names.txt']);
  assert.equal(store.object('sorted/names.txt').toString(), 'Adam\nEva\n');
});
