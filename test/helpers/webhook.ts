import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { atEnd } from './at-end.ts';
import { type Cluster, type KubectlResult, requireCluster } from './cluster.ts';
import { type Running, startEmissary } from './emissary.ts';
import { exampleImages } from './example-images.ts';
import { freePort } from './free-port.ts';
import { withBusybox } from './images.ts';
import { jobImage, jobTools } from './launcher-parts.ts';
import { requireProgram } from './require.ts';
import { type Rule, serviceAccount } from './service-account.ts';
import { until } from './until.ts';

/** A labelled namespace, and operators that wrap its pods, which are processes of this machine. */
export interface WebhookPlace {
  readonly cluster: Cluster;
  /** Of the jobs. */
  readonly namespace: string;
  /** Of the operators. */
  readonly own: string;
  readonly configuration: string;
  readonly emissaryImage: string;
  /** Of the operators; each serves one entry of the configuration if there are two. */
  readonly ports: readonly number[];
  /** Starts an operator, and waits until it serves and is trusted. */
  start(more?: StartMore): Promise<Running>;
  /** Runs kubectl in the namespace of the jobs; check the result. */
  kubectl(...args: readonly string[]): Promise<KubectlResult>;
  /** Makes objects there. @returns what kubectl said on standard error */
  apply(...objects: readonly object[]): Promise<string>;
  /** The same; check the result. */
  tryApply(options: readonly string[], ...objects: readonly object[]): Promise<KubectlResult>;
  pod(name: string): Promise<WrappedPod>;
  /** Waits until the pod has ended. */
  ended(name: string): Promise<WrappedPod>;
}

/** More for the start of an operator. */
export interface StartMore {
  /** Which of two it is: 0 or 1. */
  readonly which?: number;
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How the API server asks. */
export interface PlaceMore {
  readonly failurePolicy?: 'Fail' | 'Ignore';
  /** Labels of the namespace of the jobs. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly operators?: 1 | 2;
}

/** A pod, as far as tests look at it. */
export interface WrappedPod {
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly terminationGracePeriodSeconds: number;
    readonly initContainers?: readonly {
      readonly name: string;
      readonly resources?: object;
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
    }[];
    readonly containers: readonly {
      readonly name: string;
      readonly command?: readonly string[];
      readonly args?: readonly string[];
      readonly env?: readonly { readonly name: string }[];
    }[];
  };
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly state: { readonly terminated?: { readonly exitCode: number } };
    }[];
  };
}

/** One tag for all checkouts: two of them must not run these tests on one cluster at a time. */
const emissaryImage = 'multiflexi-emissary-webhook-test:1';
/** The label that asks for the wrapper. */
export const injectLabel = 'emissary.multiflexi.eu/inject';

/** Null after the test was skipped because there is no cluster; in CI that is a failure. */
export async function webhookPlace(t: TestContext, more: PlaceMore = {}): Promise<WebhookPlace | null> {
  const cluster = await requireCluster(t);
  if (cluster === null || !requireProgram(t, 'busybox')) return null;
  images ??= addImages(cluster);
  await images;
  const name = `webhook-${randomBytes(5).toString('hex')}`;
  const crd = await cluster.kubectl(['apply', '--filename', 'images/operator/crd.yaml']);
  assert.equal(crd.exitCode, 0, crd.stderr);
  await makeNamespace(t, cluster, name, { ...more.labels, 'webhook-test': name });
  await makeNamespace(t, cluster, `${name}-own`, { 'webhook-test': name, [injectLabel]: 'true' });
  const kubeconfig = await operatorAccount(t, cluster, name);
  const ports = [await freePort(), ...(more.operators === 2 ? [await freePort()] : [])];
  const place = placeIn(t, cluster, { name, ports, kubeconfig });
  atEnd(t, () => cluster.kubectl(['delete', 'mutatingwebhookconfiguration', name]));
  const made = await cluster.kubectl(['apply', '--filename', '-'], {
    objects: [configuration(name, ports, more)],
  });
  assert.equal(made.exitCode, 0, made.stderr);
  return place;
}

let images: Promise<void> | null = null;

/** Once for each test file: they are the same. */
async function addImages(cluster: Cluster): Promise<void> {
  const { fill, start } =
    exampleImages.find(({ image }) => image.startsWith('multiflexi-emissary:')) ?? assert.fail();
  await cluster.addImage(emissaryImage, fill, start);
  await cluster.addImage(jobImage, (tree) => withBusybox(tree, jobTools));
}

async function makeNamespace(
  t: TestContext,
  { kubectl }: Cluster,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  atEnd(t, () => kubectl(['delete', 'namespace', name, '--wait=false']));
  const { exitCode, stderr } = await kubectl(['apply', '--filename', '-'], { objects: [namespace] });
  assert.equal(exitCode, 0, stderr);
  const account = ['--namespace', name, 'get', 'serviceaccount', 'default'];
  await until('the namespace has an account', async () => (await kubectl(account)).exitCode === 0);
}

/** Who the operators are: with the rights of the examples, and no others. @returns its kubeconfig's file */
async function operatorAccount(t: TestContext, cluster: Cluster, name: string): Promise<string> {
  const namespace = `${name}-own`;
  const rulesIn = (file: string) =>
    parseAllDocuments(
      readFileSync(`images/operator/${file}`, 'utf8').replaceAll('[multiflexi-emissary]', `[${name}]`),
    )
      .map((document): { readonly kind: string; readonly rules: readonly Rule[] } => document.toJS())
      .filter(({ kind }) => kind.endsWith('Role'));
  const [operator, own, everywhere] = [...rulesIn('role.yaml'), ...rulesIn('webhook-role.yaml')];
  const rules = [...(operator?.rules ?? []), ...(own?.rules ?? [])];
  const path = await serviceAccount(t, cluster, { namespace, name: 'operator', rules });
  const rbac = 'rbac.authorization.k8s.io';
  const objects = [
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules: everywhere?.rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: 'operator', namespace }],
    },
  ];
  atEnd(t, () => cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', name]));
  const made = await cluster.kubectl(['apply', '--filename', '-'], { objects });
  assert.equal(made.exitCode, 0, made.stderr);
  return path;
}

/** The example, for the namespaces of the test alone. */
function configuration(
  name: string,
  ports: readonly number[],
  { failurePolicy = 'Fail' }: PlaceMore,
): object {
  const text = readFileSync('images/operator/webhook.yaml', 'utf8');
  const documents = parseAllDocuments(text.replaceAll('multiflexi-emissary]', `${name}-own]`));
  const { webhooks, ...rest }: { readonly webhooks: readonly Entry[] } =
    documents[1]?.toJS() ?? assert.fail();
  const isTest = { key: 'webhook-test', operator: 'In', values: [name] };
  return {
    ...rest,
    metadata: { name },
    webhooks: webhooks.map((entry, index) => ({
      ...entry,
      clientConfig: { url: urlAt(ports[index] ?? ports[0]) },
      failurePolicy,
      namespaceSelector: {
        ...entry.namespaceSelector,
        matchExpressions: [...entry.namespaceSelector.matchExpressions, isTest],
      },
    })),
  };
}

function urlAt(port = 0): string {
  return `https://127.0.0.1:${port}/mutate`;
}

interface Entry {
  readonly namespaceSelector: { readonly matchExpressions: readonly object[] };
}

function placeIn(
  t: TestContext,
  cluster: Cluster,
  {
    name,
    ports,
    kubeconfig,
  }: { readonly name: string; readonly ports: readonly number[]; readonly kubeconfig: string },
): WebhookPlace {
  const kubectl = (...args: readonly string[]) => cluster.kubectl(['--namespace', name, ...args]);
  const pod = async (of: string): Promise<WrappedPod> => {
    const { exitCode, stdout, stderr } = await kubectl('get', 'pod', of, '--output=json');
    assert.equal(exitCode, 0, stderr);
    return JSON.parse(stdout);
  };
  return {
    cluster,
    namespace: name,
    own: `${name}-own`,
    configuration: name,
    emissaryImage,
    ports,
    kubectl,
    pod,
    async start({ options = [], env = {}, which = 0 } = {}) {
      const port = ports[which] ?? 0;
      const webhook = ['--webhook', String(port), '--webhook-url', urlAt(port)];
      const names = ['--namespace', `${name}-own`, '--webhook-configuration', name, '--lease', '0'];
      const running = startEmissary(t, ['operator', ...names, ...webhook, ...options], {
        env: { KUBECONFIG: kubeconfig, EMISSARY_IMAGE: emissaryImage, ...env },
      });
      await until('the webhook is served', () => running.stderr().includes('The webhook is served'));
      await until('it is trusted', async () => {
        const path = 'jsonpath={.webhooks[*].clientConfig.caBundle}';
        const got = await cluster.kubectl(['get', 'mutatingwebhookconfiguration', name, '--output', path]);
        return got.stdout.split(' ').filter((each) => each !== '').length === 2;
      });
      return running;
    },
    tryApply: (options, ...objects) =>
      cluster.kubectl(['--namespace', name, 'apply', ...options, '--filename', '-'], { objects }),
    async apply(...objects) {
      const { exitCode, stderr } = await cluster.kubectl(['--namespace', name, 'apply', '--filename', '-'], {
        objects,
      });
      assert.equal(exitCode, 0, stderr);
      return stderr;
    },
    ended: (of) =>
      until('the pod has ended', async () => {
        const found = await pod(of);
        if (['Succeeded', 'Failed'].includes(found.status.phase)) return found;
        throw new Error(JSON.stringify(found.status));
      }),
  };
}

/** A pod that runs a shell script. */
export function podOf(name: string, script: string, spec: object = {}, metadata: object = {}): object {
  const container = { name: 'job', image: jobImage, command: ['sh', '-c'], args: [script] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { restartPolicy: 'Never', containers: [container], ...spec },
  };
}
