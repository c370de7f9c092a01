import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { definitions } from '../fixtures/definitions.ts';
import { type Cluster, requireCluster, restrictedNamespace } from '../helpers/cluster.ts';
import { podTemplate } from '../helpers/cluster-launcher.ts';
import { emissary } from '../helpers/emissary.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const usual = { name: 'An application', executable: 'app', ociimage: 'app:1' };
/** More than the definitions themselves decide. */
const variants: readonly (readonly string[])[] = [
  [],
  ['--timeout', '600', '--grace', '0.5', '--job-id', '12'],
  ['--program', 'image'],
  ['--template', 'stores.json'],
  ['--template', 'stores.json', '--program', 'image', '--kind', 'job'],
  [
    '--cpus',
    '0.25',
    '--memory',
    '64m',
    '--pull',
    'never',
    '--service-account',
    'default',
    '--reporter',
    'native',
  ],
  ['--kind', 'job', '--user', '1000', '--claim', 'kept:/kept', '--language', 'cs'],
];

test('kubernetes: the server accepts what manifest prints for every definition, in a restricted namespace', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null) return;
  const namespace = await strictNamespace(t, cluster);
  const objects: object[] = [];
  for (const [index, { definition, options = [], variables = '' }] of definitions.entries()) {
    const args = [...options, ...(variants[index % variants.length] ?? [])];
    objects.push(
      ...(await manifest(t, { ...usual, ...definition }, [...args, '--pod-name', `d${index}`], variables)),
    );
  }
  assert.ok(objects.length > definitions.length, 'there are Secrets, too');
  assert.deepEqual(await applied(cluster, namespace, objects), { exitCode: 0, stderr: '' });
});

test('kubernetes: the server accepts names of every kind, and what a template adds', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null) return;
  const namespace = await strictNamespace(t, cluster);
  const template = podTemplate(t, {
    metadata: { annotations: { 'example.com/why': 'a test' } },
    spec: { nodeSelector: { disk: 'fast' }, imagePullSecrets: [{ name: 'registry' }] },
  });
  const objects: object[] = [];
  for (const name of ['X'.repeat(200), 'Příliš žluťoučký kůň_úpěl-', '-_.', '統計'])
    for (const kind of ['pod', 'job'])
      objects.push(
        ...(await manifest(t, { ...usual, name }, ['--pod-name', name, '--kind', kind, ...template])),
      );
  assert.deepEqual(await applied(cluster, namespace, objects), { exitCode: 0, stderr: '' });
});

test('kubernetes: a job that may be root is accepted where that is allowed, and refused elsewhere', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null) return;
  const namespace = await strictNamespace(t, cluster);
  const objects = [
    ...(await manifest(t, usual, ['--allow-root'])),
    ...(await manifest(t, usual, ['--allow-root', '--user', '0', '--pod-name', 'other'])),
  ];
  const refused = await applied(cluster, namespace, objects);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /violates PodSecurity "restricted:latest"/);
  await label(cluster, namespace, 'baseline');
  assert.deepEqual(await applied(cluster, namespace, objects), { exitCode: 0, stderr: '' });
});

test('kubernetes: the server accepts every example', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null) return;
  const namespace = await strictNamespace(t, cluster);
  const files = globSync('images/examples/*.yaml').filter((file) => !file.endsWith('compose.yaml'));
  assert.ok(files.length >= 4);
  const objects = files.flatMap((file) => objectsIn(readFileSync(file, 'utf8')));
  assert.deepEqual(await applied(cluster, namespace, objects), { exitCode: 0, stderr: '' });
});

/** Secrets of every kind of store. */
const secretOf = (name: string) => ({ name, key: 'a.key', optional: name === 's3' });
const stores = {
  artifactRepository: { azure: { container: 'jobs', accountKeySecret: secretOf('azure') } },
  inputs: {
    artifacts: [
      { name: 'in', path: '/in/s3', s3: { bucket: 'jobs', key: 'in', accessKeySecret: secretOf('s3') } },
      { name: 'git', path: '/in/git', git: { repo: 'git@h:a/b', sshPrivateKeySecret: secretOf('git') } },
    ],
  },
  outputs: {
    artifacts: [
      {
        name: 'out',
        path: '/out',
        http: { url: 'https://h/a', auth: { basicAuth: { passwordSecret: secretOf('http') } } },
      },
    ],
  },
};

/** A namespace that refuses pods, and warns of Jobs with such pods. */
async function strictNamespace(t: TestContext, cluster: Cluster): Promise<string> {
  const namespace = await restrictedNamespace(t, cluster);
  await label(cluster, namespace, 'restricted');
  return namespace;
}

async function label({ kubectl }: Cluster, namespace: string, level: string): Promise<void> {
  const labels = ['enforce', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=${level}`);
  const { exitCode, stderr } = await kubectl(['label', '--overwrite', 'namespace', namespace, ...labels]);
  assert.equal(exitCode, 0, stderr);
}

async function manifest(t: TestContext, definition: object, args: readonly string[], variables = '') {
  const cwd = temporaryVolume(t);
  writeFileSync(join(cwd, 'app.json'), JSON.stringify(definition));
  writeFileSync(join(cwd, 'job.env'), variables);
  writeFileSync(join(cwd, 'stores.json'), JSON.stringify(stores));
  writeFileSync(join(cwd, 'report.env'), 'MULTIFLEXI_DATABASE_URL=mysql://u:hidden@h/m\n');
  const files = ['--variables', 'job.env', '--report-variables', 'report.env'];
  const env = { LANG: 'C.UTF-8' };
  const { status, stdout, stderr } = await emissary(['manifest', ...files, ...args, 'app.json'], {
    cwd,
    env,
  });
  assert.equal(status, 0, stderr);
  return objectsIn(stdout.toString());
}

function objectsIn(text: string): readonly object[] {
  return parseAllDocuments(text).map((document) => document.toJS());
}

/** What the server would do: unknown fields, invalid values and the Pod Security Standard count. */
async function applied(cluster: Cluster, namespace: string, objects: readonly object[]) {
  const args = [
    '--namespace',
    namespace,
    'create',
    '--dry-run=server',
    '--validate=strict',
    '--filename',
    '-',
  ];
  const { exitCode, stderr } = await cluster.kubectl(args, { objects });
  return { exitCode, stderr };
}
