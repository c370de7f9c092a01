import { readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { claim } from './cluster-example.ts';
import { podTemplate } from './cluster-launcher.ts';
import { jobImage, type Launcher, starters } from './launcher-parts.ts';
import { type Job, type OperatorPlace, operatorPlace } from './operator.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** A launcher of jobs that an operator runs, in a namespace of the test's own. */
export interface OperatorLauncher extends Pick<Launcher, 'script' | 'startScript' | 'verb' | 'left' | 'env'> {
  readonly place: OperatorPlace;
  /** The options that every launch needs, the image included. */
  readonly options: readonly string[];
  /** The resources of the namespace. */
  jobs(): Promise<readonly Job[]>;
  /** What is left in the namespace of launched jobs: resources, pods and Secrets. */
  remains(): Promise<readonly string[]>;
  /** Opens what a job waits for: `isOpen`. */
  open(): Promise<void>;
}

/** A command of the job's shell: whether its test has opened it. */
const isOpen = '[ -e /tmp/go ]';
/** A job that prints `ready`, and waits for its test. */
export const waiting = `echo ready; until ${isOpen}; do sleep 0.05; done`;

/**
 * No operator is started yet. Reporters in pods have this machine's temporary directory at the same path. Null after the test was
 * skipped because there is no cluster; in CI that is a failure.
 */
export async function operatorLauncher(t: TestContext): Promise<OperatorLauncher | null> {
  const place = await operatorPlace(t);
  if (place === null) return null;
  const { namespace, cluster } = place;
  const state = join(temporaryVolume(t), 'state');
  atEnd(t, () => rmSync(state, { recursive: true, force: true }));
  const path = realpathSync(tmpdir());
  await claim(t, cluster, namespace, path);
  const volumes = [{ name: 'databases', persistentVolumeClaim: { claimName: 'multiflexi' } }];
  const containers = [{ name: 'reporter', volumeMounts: [{ name: 'databases', mountPath: path }] }];
  const [, template = ''] = podTemplate(t, { spec: { volumes, containers } });
  const env = {
    KUBECONFIG: cluster.kubeconfig,
    EMISSARY_NAMESPACE: namespace,
    EMISSARY_STATE_DIR: state,
    EMISSARY_POD_TEMPLATE: template,
    EMISSARY_VIA: 'operator',
  };
  const options = ['--engine', 'kubernetes', '--image', jobImage];
  const itemsOf = async (kind: string) => JSON.parse(await place.kubectl('get', kind, '--output=json')).items;
  return {
    place,
    env,
    options,
    ...starters(t, options, env),
    left: () => readdirSync(join(state, 'jobs')),
    jobs: () => itemsOf('emissaryjobs'),
    remains: async () => {
      const names = await place.kubectl('get', 'emissaryjobs,pods,secrets', '--output=name');
      return names.split('\n').filter((name) => name !== '');
    },
    open: async () => {
      // As in `clusterLauncher`. The pod of an earlier attempt may still be leaving.
      await until('the gate opens', async () => {
        const pod = (await place.pods()).at(-1);
        await place.kubectl('exec', pod?.metadata.name ?? '', '--container=main', '--', 'touch', '/tmp/go');
        return true;
      });
    },
  };
}
