import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { type Cluster, requireCluster, restrictedNamespace } from './cluster.ts';
import { claim } from './cluster-example.ts';
import { type Running, startEmissary } from './emissary.ts';
import { exampleImages } from './example-images.ts';
import { withBusybox } from './images.ts';
import { jobImage, jobTools } from './launcher-parts.ts';
import { requireProgram } from './require.ts';
import { until } from './until.ts';

/** A job as a resource, as far as tests look at it. */
export interface Job {
  readonly metadata: {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly finalizers?: readonly string[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly attempts?: number;
    readonly systemFailures?: number;
    readonly exitCode?: number;
    readonly verdict?: string;
    readonly podName?: string;
    readonly completionTime?: string;
    readonly told?: number;
    readonly progress?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message?: string;
    }[];
    readonly phaseHistory?: readonly {
      readonly phase: string;
      readonly reason: string;
      readonly attempt: number;
      readonly time: string;
    }[];
  };
}

/** A pod, as far as tests look at it. */
export interface JobPod {
  readonly metadata: { readonly name: string; readonly uid: string };
}

/** A namespace whose jobs an operator runs, which is a process of this machine. */
export interface OperatorPlace {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Starts an operator, and waits until it knows everything. */
  start(options?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Running>;
  /** Starts an operator that may have to wait for another one. */
  startWaiting(options?: readonly string[]): Running;
  /** Makes a job of a shell script. */
  make(name: string, script: string, spec?: object): Promise<void>;
  /** Makes objects in the namespace. */
  apply(...objects: readonly object[]): Promise<void>;
  /** Runs kubectl in the namespace. @returns its output */
  kubectl(...args: readonly string[]): Promise<string>;
  /** A job; null: it is not there. */
  job(name: string): Promise<Job | null>;
  /** Waits until a job is in one of these phases. */
  phase(name: string, ...phases: readonly string[]): Promise<NonNullable<Job['status']>>;
  pods(): Promise<readonly JobPod[]>;
}

/** The tag is this checkout's own: another one's tests may run on the same cluster. */
const checkout = createHash('sha256').update(process.cwd()).digest('hex').slice(0, 12);
const emissaryImage = `multiflexi-emissary-operator-test:${checkout}`;

/** Null after the test was skipped because there is no cluster; in CI that is a failure. */
export async function operatorPlace(t: TestContext): Promise<OperatorPlace | null> {
  const cluster = await requireCluster(t);
  if (cluster === null || !requireProgram(t, 'busybox')) return null;
  for (const { image, fill, start } of exampleImages)
    await cluster.addImage(image.startsWith('multiflexi-emissary:') ? emissaryImage : image, fill, start);
  await cluster.addImage(jobImage, (tree) => withBusybox(tree, jobTools));
  return operatorIn(t, cluster, await restrictedNamespace(t, cluster));
}

/** The same in a namespace that is there. */
export async function operatorIn(
  t: TestContext,
  cluster: Cluster,
  namespace: string,
): Promise<OperatorPlace> {
  const crd = await cluster.kubectl(['apply', '--filename', 'images/operator/crd.yaml']);
  assert.equal(crd.exitCode, 0, crd.stderr);
  const place = placeIn(t, cluster, namespace);
  // The operator is gone by then.
  atEnd(t, () => letGo(place));
  return place;
}

function placeIn(t: TestContext, cluster: Cluster, namespace: string): OperatorPlace {
  const own = (args: readonly string[], more = {}) =>
    cluster.kubectl(['--namespace', namespace, ...args], more);
  const kubectl = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await own(args);
    assert.equal(exitCode, 0, stderr);
    return stdout;
  };
  const job = async (name: string): Promise<Job | null> => {
    const text = await kubectl('get', 'emissaryjob', name, '--output=json', '--ignore-not-found');
    return text === '' ? null : JSON.parse(text);
  };
  const apply = async (...objects: readonly object[]) => {
    const { exitCode, stderr } = await own(['apply', '--filename', '-'], { objects });
    assert.equal(exitCode, 0, stderr);
  };
  const env = { KUBECONFIG: cluster.kubeconfig, EMISSARY_IMAGE: emissaryImage };
  const start = (options: readonly string[] = [], more: Readonly<Record<string, string>> = {}) =>
    startEmissary(t, ['operator', '--namespace', namespace, ...options], { env: { ...env, ...more } });
  return {
    cluster,
    namespace,
    kubectl,
    job,
    apply,
    startWaiting: start,
    async start(options = ['--lease', '0'], more = {}) {
      const running = start(options, more);
      await until('the operator is ready', () => running.stderr().includes('Ready'));
      return running;
    },
    make: (name, script, spec = {}) => apply(jobOf(name, { command: ['sh', '-c', script], ...spec })),
    phase: (name, ...phases) =>
      until(`${name} is ${phases.join(' or ')}`, async () => {
        const { status } = (await job(name)) ?? {};
        if (status === undefined || !phases.includes(status.phase ?? ''))
          throw new Error(JSON.stringify(status));
        return status;
      }),
    pods: async () => JSON.parse(await kubectl('get', 'pods', '--output=json')).items,
  };
}

/** Why a job's condition of this type is as it is; null: it has none. */
export function conditionOf(status: NonNullable<Job['status']>, type: string): string | null {
  const found = status.conditions?.find((each) => each.type === type);
  return found === undefined ? null : `${found.status} ${found.reason}`;
}

/** A resource. */
export function jobOf(name: string, spec: object): object {
  const apiVersion = 'emissary.multiflexi.eu/v1alpha1';
  return { apiVersion, kind: 'EmissaryJob', metadata: { name }, spec: { image: jobImage, ...spec } };
}

/** What is left must not keep the namespace. */
async function letGo({ kubectl }: OperatorPlace): Promise<void> {
  const names = (await kubectl('get', 'emissaryjobs', '--output=name'))
    .split('\n')
    .filter((each) => each !== '');
  if (names.length === 0) return;
  // Some may go meanwhile.
  await kubectl('patch', ...names, '--type=merge', '--patch={"metadata":{"finalizers":null}}').catch(
    () => undefined,
  );
}

/** The part of a job's spec by which its reporter, and nobody else, reaches a database in this machine's temporary directory. */
export async function reportingPlace(
  t: TestContext,
  place: OperatorPlace,
  env: Readonly<Record<string, string>>,
  reporter: 'Plain' | 'Native' = 'Plain',
): Promise<object> {
  const path = realpathSync(tmpdir());
  await claim(t, place.cluster, place.namespace, path);
  const { MULTIFLEXI_JOB_ID: jobId, ...stringData } = env;
  await place.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'multiflexi' }, stringData });
  const containers = [{ name: 'reporter', volumeMounts: [{ name: 'databases', mountPath: path }] }];
  return {
    multiflexi: { jobId: Number(jobId), secretRef: { name: 'multiflexi' }, reporter },
    podTemplate: {
      spec: {
        volumes: [{ name: 'databases', persistentVolumeClaim: { claimName: 'multiflexi' } }],
        [reporter === 'Native' ? 'initContainers' : 'containers']: containers,
      },
    },
  };
}
