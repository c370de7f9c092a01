import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { parse, parseAllDocuments } from 'yaml';
import { installBundle } from '../../build/release/install-bundle.ts';
import { type Cluster, requireCluster } from '../helpers/cluster.ts';
import { packedChart } from '../helpers/packed-chart.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** What is looked at in an object of the chart. */
interface Rendered {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: unknown;
  readonly rules?: readonly unknown[];
  readonly webhooks?: readonly { readonly clientConfig: object }[];
}

const everything = {
  jobs: { allNamespaces: true },
  cloudEvents: { url: 'https://events.example/sink' },
  webhook: {
    enabled: true,
    failurePolicy: 'Fail',
    namespaces: [{ key: 'team', operator: 'In', values: ['a'] }],
  },
  page: { enabled: true, tlsSecret: 'page-tls' },
  metrics: {
    service: { enabled: true },
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    prometheusRule: { enabled: true },
    dashboard: { enabled: true },
  },
  imagePullSecrets: [{ name: 'registry' }],
  env: [{ name: 'EMISSARY_REPORT_SECONDS', value: '60' }],
  tolerations: [{ operator: 'Exists' }],
  priorityClassName: 'system-cluster-critical',
};

test('chart: helm lint has nothing to say, with the usual values and with all that there is', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null) return;
  const chart = await packedChart(t);
  for (const values of [{}, everything]) {
    const { exitCode, stdout } = await helm(t, cluster, ['lint', '--strict', chart], values);
    assert.equal(exitCode, 0, stdout);
    assert.doesNotMatch(stdout, /\[(WARNING|ERROR)\]/);
  }
});

test('chart: a misspelt value is refused, in any place; what a parent chart adds is not', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null) return;
  const chart = await packedChart(t);
  for (const [values, sentence] of [
    [{ replicaCount: 2 }, /'replicaCount' not allowed/],
    [{ webhook: { failurepolicy: 'Fail' } }, /'failurepolicy' not allowed/],
    [{ webhook: { failurePolicy: 'Perhaps' } }, /webhook\/failurePolicy/],
    [{ webhook: { enabled: true }, jobs: { namespace: 'elsewhere' } }, /needs jobs\.allNamespaces/],
    [{ page: { enabled: true } }, /needs page\.tlsSecret/],
    [{ replicas: '2' }, /replicas/],
    [{ jobs: { namespace: 'No Name' } }, /jobs\/namespace/],
    [{ webhook: { reportSecret: 'No_Name' } }, /webhook\/reportSecret/],
    [{ webhook: { enabled: true, port: 8080 } }, /webhook\.port cannot be 8080/],
    [{ env: [{ nam: 'EMISSARY_LEASE_SECONDS' }] }, /env\/0.*missing property 'name'/],
    [{ env: [{ name: 'EMISSARY_LOG_FORMAT', value: 'text' }] }, /logFormat sets it/],
    [{ podLabels: { 'app.kubernetes.io/name': 'x' } }, /podLabels cannot have app\.kubernetes\.io\/name/],
  ] as const) {
    const { exitCode, stderr } = await helm(t, cluster, ['template', 'emissary', chart], values);
    assert.notEqual(exitCode, 0, JSON.stringify(values));
    assert.match(stderr, sentence);
  }
  await rendered(t, cluster, chart, { global: { imageRegistry: 'example' }, enabled: true });
});

test('chart: of two values that contradict each other, none is ignored: one sentence says which they are', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null) return;
  const chart = await packedChart(t);
  const page = { enabled: true, tlsSecret: 'page-tls' };
  const labels = { 'app.kubernetes.io/instance': 'x' };
  for (const [values, sentence] of [
    [
      { jobs: { namespace: 'jobs', allNamespaces: true } },
      /jobs\.namespace \(jobs\) and jobs\.allNamespaces exclude each other/,
    ],
    [{ page: { ...page, port: 8080 } }, /page\.port cannot be 8080/],
    [
      { page: { ...page, port: 9443 }, webhook: { enabled: true } },
      /webhook\.port and page\.port are both 9443/,
    ],
    [
      { env: [{ name: 'EMISSARY_LEASE_SECONDS', value: '60' }] },
      /EMISSARY_LEASE_SECONDS: leaseSeconds sets it/,
    ],
    [{ env: [{ name: 'EMISSARY_NAMESPACE', value: 'x' }] }, /EMISSARY_NAMESPACE: jobs\.namespace sets it/],
    [
      { env: [{ name: 'EMISSARY_WEBHOOK_PORT', value: '1' }] },
      /EMISSARY_WEBHOOK_PORT: webhook\.port sets it/,
    ],
    [
      { serviceAccount: { create: false, name: 'own', annotations: { a: 'b' } } },
      /serviceAccount\.annotations need serviceAccount\.create/,
    ],
    [
      { podAnnotations: { 'kubectl.kubernetes.io/default-container': 'x' } },
      /podAnnotations cannot have kubectl\.kubernetes\.io\/default-container/,
    ],
    [
      { metrics: { serviceMonitor: { enabled: true, labels } } },
      /metrics\.serviceMonitor\.labels cannot have app\.kubernetes\.io\/instance/,
    ],
    [{ webhook: { enabled: true, insecureRegistries: ['http://registry'] } }, /insecureRegistries\/0/],
    [{ cloudEvents: { url: 'https://user:secret@events.example' } }, /cloudEvents\/url/],
  ] as const) {
    const { exitCode, stderr } = await helm(t, cluster, ['template', 'emissary', chart], values);
    assert.notEqual(exitCode, 0, JSON.stringify(values));
    assert.match(stderr, sentence);
  }
});

test('chart: each variable of an option that the chart sets is refused in env', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null) return;
  const chart = await packedChart(t);
  const help = await execa('dist/multiflexi-emissary', ['operator', '--help']);
  const [usage = ''] = help.stdout.split('Variables without an option');
  const variableOf = new Map(
    [...usage.matchAll(/--([a-z-]+)[^\n]*\n(?: {26}[^\n]*\n)*? {26}or (EMISSARY_\w+)/g)].map((found) => [
      found[1] ?? '',
      found[2] ?? '',
    ]),
  );
  assert.ok(variableOf.size > 15, help.stdout);
  const all = [everything, { jobs: { namespace: 'elsewhere' } }];
  const options = new Set<string>();
  for (const values of all)
    for (const { kind, spec } of await rendered(t, cluster, chart, values))
      if (kind === 'Deployment')
        for (const [, option = ''] of JSON.stringify(spec).matchAll(/"--([a-z-]+)"/g)) options.add(option);
  assert.ok(options.size > 10, [...options].join());
  for (const option of options) {
    const name = variableOf.get(option);
    if (name === undefined) assert.fail(`--${option} has no variable`);
    const { stderr } = await helm(t, cluster, ['template', 'shop', chart], { env: [{ name, value: 'x' }] });
    assert.match(stderr, new RegExp(`env cannot have ${name}: [a-zA-Z.]+ sets it`), name);
  }
});

test('chart: its notes tell a command that shows the jobs, wherever they are', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null) return;
  const chart = await packedChart(t);
  const notes = async (values: object) => {
    const args = ['install', 'shop', chart, '--namespace', 'shop', '--dry-run=client'];
    const { stdout, stderr, exitCode } = await helm(t, cluster, args, values);
    assert.equal(exitCode, 0, stderr);
    return stdout.slice(stdout.indexOf('NOTES:'));
  };
  assert.match(await notes({}), /kubectl --namespace shop get ej --watch/);
  assert.match(await notes({ jobs: { namespace: 'jobs' } }), /kubectl --namespace jobs get ej --watch/);
  assert.match(await notes({ jobs: { allNamespaces: true } }), /kubectl get ej --all-namespaces --watch/);
});

test('chart: a release whose name has dots has names that all objects may have', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null) return;
  const values = { webhook: { enabled: true }, metrics: { service: { enabled: true } } };
  const all = await rendered(t, cluster, await packedChart(t), values, 'my.release');
  const services = all.filter(({ kind }) => kind === 'Service');
  assert.deepEqual(services.map(({ metadata }) => metadata.name).sort(), [
    'my-release-emissary-metrics',
    'my-release-emissary-webhook',
  ]);
});

test('chart: as a subchart with a condition, its values are still checked', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null) return;
  const directory = temporaryVolume(t);
  mkdirSync(join(directory, 'charts'));
  const name = 'multiflexi-emissary-operator';
  const chart = await packedChart(t);
  copyFileSync(chart, join(directory, 'charts', `${name}.tgz`));
  const { version } = parse(readFileSync('images/chart/Chart.yaml', 'utf8'));
  const dependencies = [{ name, version, alias: 'operator', condition: 'operator.enabled' }];
  const parent = { apiVersion: 'v2', name: 'parent', version: '1.0.0', dependencies };
  writeFileSync(join(directory, 'Chart.yaml'), JSON.stringify(parent));
  const global = { any: 'thing' };
  const on = { global, operator: { enabled: true, crd: { install: false } } };
  const found = await rendered(t, cluster, directory, on);
  const names = found.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name);
  assert.deepEqual(names, ['shop-emissary']);
  assert.deepEqual(await rendered(t, cluster, directory, { global, operator: { enabled: false } }), []);
  const wrong = { operator: { enabled: true, replica: 1 } };
  const refused = await helm(t, cluster, ['template', 'shop', directory], wrong);
  assert.notEqual(refused.exitCode, 0);
  assert.match(refused.stderr, /'replica' not allowed/);
});

test('chart: the API server takes all that it renders; no caBundle is in it', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null) return;
  const chart = await packedChart(t);
  const known = (each: Rendered) => !['ServiceMonitor', 'PrometheusRule'].includes(each.kind);
  for (const values of [{}, everything, { webhook: { enabled: true, url: 'https://127.0.0.1:1/mutate' } }]) {
    const all = await rendered(t, cluster, chart, values, 'default');
    // The cluster has one definition, which is no release's.
    const objects = all.filter((each) => known(each) && each.kind !== 'CustomResourceDefinition');
    const args = ['create', '--dry-run=server', '--filename', '-'];
    const { exitCode, stderr } = await cluster.kubectl(args, { objects });
    assert.equal(exitCode, 0, stderr);
    assert.doesNotMatch(JSON.stringify(all), /caBundle/);
    const [definition] = all.filter(({ kind }) => kind === 'CustomResourceDefinition');
    assert.equal(definition?.metadata.annotations?.['helm.sh/resource-policy'], 'keep');
    const own = parse(readFileSync('images/operator/crd.yaml', 'utf8'));
    assert.deepEqual(definition?.spec, own.spec);
  }
});

test('chart: the rights are those of images/operator, and install.yaml has the same operator', async (t) => {
  const cluster = await requireCluster(t);
  if (cluster === null) return;
  const chart = await packedChart(t);
  const ofKind = (objects: readonly Rendered[], kind: string, name: RegExp | string = '') =>
    objects.find((each) => each.kind === kind && each.metadata.name.match(name) !== null);
  const one = await rendered(t, cluster, chart, {});
  const role = parse(readFileSync('images/operator/role.yaml', 'utf8'));
  assert.deepEqual(ofKind(one, 'Role', /-jobs$/)?.rules, role.rules);
  const all = await rendered(t, cluster, chart, { jobs: { allNamespaces: true } }, 'multiflexi-emissary');
  const bundle = parseAllDocuments(await installBundle()).map((each) => each.toJSON()) as Rendered[];
  assert.deepEqual(ofKind(all, 'ClusterRole', /-jobs$/)?.rules, ofKind(bundle, 'ClusterRole')?.rules);
  const own = ofKind(all, 'Role', /^multiflexi-emissary$/);
  assert.deepEqual(own?.rules, ofKind(bundle, 'Role')?.rules);
  for (const kind of ['Deployment', 'PodDisruptionBudget'])
    assert.deepEqual(plain(ofKind(all, kind)?.spec), plain(ofKind(bundle, kind)?.spec), kind);
});

test('chart: each value is described in the schema and in the README', () => {
  const values = parse(readFileSync('images/chart/values.yaml', 'utf8'));
  const schema = JSON.parse(readFileSync('images/chart/values.schema.json', 'utf8'));
  const readme = readFileSync('images/chart/README.md', 'utf8');
  const paths = leavesOf(schema, '');
  for (const path of paths) {
    assert.ok(readme.includes(`\`${path}\``), `${path} is in the README`);
    if (!['global', 'enabled'].includes(path)) assert.notEqual(valueAt(values, path), undefined, path);
  }
});

/** The paths of all values that the schema describes; each has a description. */
function leavesOf(schema: Schema, path: string): readonly string[] {
  if (path !== '') assert.ok(schema.description, `${path} has a description`);
  if (schema.properties === undefined) return [path];
  return Object.entries(schema.properties).flatMap(([name, inner]) =>
    leavesOf(inner, path === '' ? name : `${path}.${name}`),
  );
}

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

function valueAt(values: unknown, path: string): unknown {
  return path.split('.').reduce((at, name) => (at as Record<string, unknown> | undefined)?.[name], values);
}

/** Without what only Helm's objects have. */
function plain(spec: unknown): unknown {
  const kept = (key: string) => !/^helm\.sh\/|^app\.kubernetes\.io\/(version|managed-by)$/.test(key);
  return JSON.parse(JSON.stringify(spec), (_, value) =>
    value === null || typeof value !== 'object' || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).filter(([key]) => kept(key))),
  );
}

async function rendered(
  t: TestContext,
  cluster: Cluster,
  chart: string,
  values: object,
  release = 'shop',
): Promise<readonly Rendered[]> {
  const args = ['template', release, chart, '--namespace', release];
  const { exitCode, stdout, stderr } = await helm(t, cluster, args, values);
  assert.equal(exitCode, 0, stderr);
  return parseAllDocuments(stdout).flatMap((each) => each.toJSON() ?? []);
}

async function helm(t: TestContext, { programs }: Cluster, args: readonly string[], values: object) {
  const file = join(temporaryVolume(t), 'values.yaml');
  writeFileSync(file, JSON.stringify(values));
  return execa(join(programs, 'helm'), [...args, '--values', file], { reject: false });
}
