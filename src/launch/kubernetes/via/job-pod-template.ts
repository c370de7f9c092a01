import { limits } from '../../../base/limits.ts';
import { hasSecret } from '../../../pod/containers.ts';
import type { KubernetesObject } from '../../../pod/kubernetes-object.ts';
import {
  argumentsKey,
  authorityKey,
  type SecretFiles,
  secretsPath,
  templateKey,
  variablesKey,
} from '../../../pod/pod-contents.ts';
import type { PodJob } from '../../../pod/pod-job.ts';
import { metadataOf } from '../../../pod/pod-of.ts';
import { addToPod } from '../../../pod/pod-template.ts';
import { storeMounts, storeVolumes } from '../../../pod/store-mounts.ts';
import type { LaunchSettings } from '../../../settings/verbs/launch-settings.ts';
import { containers } from '../pod-names.ts';
import type { PodSettings } from '../pod-request.ts';
import { tokenMount, tokenVolume } from './token-volume.ts';

/** What of a launch a resource has, besides its job. */
export type ResourceSettings = PodSettings &
  Pick<LaunchSettings, 'keep' | 'startTimeoutMs' | 'holdSeconds' | 'sidecar'>;

const launchPath = `${secretsPath}/launch`;
const storesPath = `${secretsPath}/stores`;
const volumeName = 'launch-secrets';
const storesVolume = 'stores-secrets';
const launchMount = { name: volumeName, mountPath: launchPath, readOnly: true };

/** The names of a job's Secrets: what its pod mounts, what `init` and the reporter need for stores, and where that one reports. */
export function secretNamesOf(job: string) {
  return { job: `${job}-launch`, stores: `${job}-stores`, report: `${job}-report` } as const;
}

/** What the pod has besides what an operator gives to every pod. */
export function podTemplateOf(
  name: string,
  pod: PodJob,
  files: SecretFiles,
  settings: ResourceSettings,
): KubernetesObject {
  const names = secretNamesOf(name);
  const reporter = reporterOf(pod, files, settings);
  const isNative = pod.reporter.kind === 'native';
  const install = files[templateKey] === undefined ? [] : [installerOf(pod)];
  const first = [...install, ...(isNative ? [reporter] : [])];
  const { serviceAccount } = settings;
  const own = {
    metadata: metadataOf(pod),
    spec: {
      volumes: [
        { name: volumeName, secret: { secretName: names.job, optional: false } },
        ...(hasSecret(pod, 'stores')
          ? [{ name: storesVolume, secret: { secretName: names.stores, optional: false } }]
          : []),
        ...storeVolumes(pod),
        ...(serviceAccount === null ? [] : [tokenVolume]),
      ],
      ...(serviceAccount !== null && { serviceAccountName: serviceAccount }),
      ...(first.length > 0 && { initContainers: first }),
      containers: [mainOf(pod, files), ...(isNative ? [] : [reporter])],
    },
  };
  return addToPod(own, settings.template);
}

function installerOf(pod: PodJob): KubernetesObject {
  const hasVariables = pod.secrets.stores[variablesKey] !== undefined;
  const variable = { name: 'EMISSARY_ENV_FILE', value: `${storesPath}/${variablesKey}` };
  return {
    name: containers.install,
    args: ['--template', `${launchPath}/${templateKey}`],
    ...(hasVariables && { env: [variable] }),
    volumeMounts: [launchMount, ...storesMounts(pod, variablesKey), ...storeMounts(pod, 'fetch')],
  };
}

function reporterOf(
  pod: PodJob,
  files: SecretFiles,
  { holdSeconds, sidecar }: ResourceSettings,
): KubernetesObject {
  const hold = { name: 'EMISSARY_HOLD_SECONDS', value: String(holdSeconds ?? limits.holdSeconds) };
  const path = `${launchPath}/${templateKey}`;
  const authority = storesMounts(pod, authorityKey);
  if (!pod.stores.puts || files[templateKey] === undefined)
    return {
      name: containers.reporter,
      env: [hold],
      ...(authority.length > 0 && { volumeMounts: authority }),
    };
  // Who reports from here puts the artifacts, too.
  if (sidecar === null)
    return { name: containers.reporter, env: [hold, { name: 'MULTIFLEXI_REPORT', value: 'none' }] };
  return {
    name: containers.reporter,
    args: ['--template', path],
    env: [hold],
    volumeMounts: [
      // The template alone: the job's variables are nothing for it.
      { ...launchMount, mountPath: path, subPath: templateKey },
      ...authority,
      ...storeMounts(pod, 'put'),
    ],
  };
}

/** @param key what it is for: without that, it is not mounted */
function storesMounts({ secrets }: PodJob, key: string): readonly KubernetesObject[] {
  if (secrets.stores[key] === undefined) return [];
  return [{ name: storesVolume, mountPath: storesPath, readOnly: true }];
}

function mainOf(pod: PodJob, files: SecretFiles): KubernetesObject {
  const { cpus, memory, wrapper, serviceAccount } = pod;
  const variables = {
    ...wrapper,
    ...(files[variablesKey] !== undefined && { EMISSARY_ENV_FILE: `${launchPath}/${variablesKey}` }),
    ...(files[argumentsKey] !== undefined && { EMISSARY_ARGS_FILE: `${launchPath}/${argumentsKey}` }),
  };
  const amounts = {
    ...(cpus !== null && { cpu: String(cpus) }),
    ...(memory !== null && { memory: String(memory) }),
  };
  return {
    name: containers.main,
    env: Object.entries(variables).map(([name, value]) => ({ name, value })),
    ...(Object.keys(amounts).length > 0 && { resources: { limits: amounts } }),
    volumeMounts: [launchMount, ...(serviceAccount === null ? [] : [tokenMount])],
  };
}
