import { limits } from '../../../base/limits.ts';
import type { KubernetesObject } from '../../../pod/kubernetes-object.ts';
import { argumentsKey, templateKey, variablesKey } from '../../../pod/pod-contents.ts';
import type { PodJob } from '../../../pod/pod-job.ts';
import { metadataOf } from '../../../pod/pod-of.ts';
import { addToPod } from '../../../pod/pod-template.ts';
import { defaultMask, maskEntries, nameMatcher } from '../../../settings/secret-names.ts';
import type { LaunchSettings } from '../../../settings/verbs/launch-settings.ts';
import type { EngineJob } from '../../engine.ts';
import type { ApiObject } from '../api/cluster.ts';
import { containers } from '../pod-names.ts';
import { type PodSettings, podJobOf } from '../pod-request.ts';
import { jobVersion } from './emissary-job.ts';
import { tokenMount, tokenVolume } from './token-volume.ts';

/** What of a launch a resource has, besides its job. */
export type ResourceSettings = PodSettings &
  Pick<LaunchSettings, 'keep' | 'startTimeoutMs' | 'holdSeconds' | 'sidecar'>;

const secretsPath = '/var/run/secrets/multiflexi/launch';
const volumeName = 'launch-secrets';
const keptPods = { never: 'Never', failed: 'OnFailure', always: 'Always' } as const;

/** The names of a job's Secrets: what its pod mounts, and where its reporter reports. */
function secretNamesOf(job: string): { readonly job: string; readonly report: string } {
  return { job: `${job}-launch`, report: `${job}-report` };
}

/** The resource of a launched job. Its operator does not start the job while it is suspended. */
export function jobRequest(job: EngineJob, settings: ResourceSettings): ApiObject {
  const pod = podJobOf(job, settings);
  const { labels, annotations } = metadataOf(pod);
  const { user } = job.resources;
  return {
    apiVersion: jobVersion,
    kind: 'EmissaryJob',
    metadata: { name: job.name, labels, ...(annotations !== undefined && { annotations }) },
    spec: {
      image: pod.image,
      command: pod.command,
      variables: maskedNames(pod).map((name, index) => ({
        name,
        valueFrom: { secretKeyRef: { name: secretNamesOf(job.name).job, key: `masked-${index}` } },
      })),
      multiflexi: multiflexiOf(job.name, pod, settings),
      ...(user !== null && { user, allowRoot: pod.allowRoot }),
      ...(pod.timeout > 0 && { timeoutSeconds: pod.timeout }),
      graceSeconds: pod.grace,
      startTimeoutSeconds: Math.max(1, Math.ceil(settings.startTimeoutMs / 1_000)),
      // Who reports from here cannot tell of a second attempt: the first one has been reported.
      ...(settings.sidecar === null && { systemRetries: 0 }),
      ...(settings.keep === 'never' && { ttlSecondsAfterFinished: limits.viaTtlSeconds }),
      keepPod: keptPods[settings.keep],
      suspend: true,
      podTemplate: podTemplateOf(job.name, pod, settings),
    },
  };
}

/** The Secrets of a launched job; who owns them is added when they are sent. */
export function secretRequestsOf(job: EngineJob, settings: ResourceSettings): readonly ApiObject[] {
  const pod = podJobOf(job, settings);
  const names = secretNamesOf(job.name);
  const { labels } = metadataOf(pod);
  const secret = (name: string, texts: Readonly<Record<string, string>>) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, labels },
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    ),
  });
  const report = Object.fromEntries(settings.sidecar ?? []);
  return [
    secret(names.job, filesOf(pod)),
    ...(Object.keys(report).length > 0 ? [secret(names.report, report)] : []),
  ];
}

function multiflexiOf(name: string, { jobId, reporter }: PodJob, { sidecar }: ResourceSettings): object {
  const report =
    sidecar === null ? 'None' : sidecar.get('MULTIFLEXI_REPORT') === 'output' ? 'Output' : 'Full';
  return {
    ...(jobId !== null && { jobId }),
    ...(sidecar !== null && sidecar.size > 0 && { secretRef: { name: secretNamesOf(name).report } }),
    report,
    reporter: reporter.kind === 'native' ? 'Native' : 'Plain',
  };
}

/** The files of the Secret that the pod mounts. */
function filesOf(pod: PodJob): Readonly<Record<string, string>> {
  const variables = variablesOf(pod);
  const template = templateOf(pod);
  const { [argumentsKey]: args } = pod.secrets.job;
  return {
    ...(variables.size > 0 && { [variablesKey]: JSON.stringify(Object.fromEntries(variables)) }),
    ...(args !== undefined && { [argumentsKey]: args }),
    ...(template !== null && { [templateKey]: template }),
    ...Object.fromEntries(
      maskedNames(pod).map((name, index) => [`masked-${index}`, variables.get(name) ?? '']),
    ),
  };
}

/** All of them: what an operator makes of plain ones would be a second file. */
function variablesOf({ variables, secrets }: PodJob): ReadonlyMap<string, string> {
  const hidden = JSON.parse(secrets.job[variablesKey] ?? '{}') as Readonly<Record<string, string>>;
  return new Map([...variables, ...Object.entries(hidden)]);
}

function templateOf({ template, secrets }: PodJob): string | null {
  return template ?? secrets.init[templateKey] ?? null;
}

/** Variables that an operator masks because they are from a Secret; it masks those of the default names anyway. */
function maskedNames(pod: PodJob): readonly string[] {
  const usual = new Set(maskEntries(defaultMask));
  const isNamed = nameMatcher(maskEntries(pod.mask ?? '').filter((entry) => !usual.has(entry)));
  return [...variablesOf(pod).keys()].filter(isNamed);
}

/** What the pod has besides what an operator gives to every pod. */
function podTemplateOf(name: string, pod: PodJob, settings: ResourceSettings): KubernetesObject {
  const files = filesOf(pod);
  const mount = { name: volumeName, mountPath: secretsPath, readOnly: true };
  const hold = String(settings.holdSeconds ?? limits.holdSeconds);
  const reporter = { name: containers.reporter, env: [{ name: 'EMISSARY_HOLD_SECONDS', value: hold }] };
  const isNative = pod.reporter.kind === 'native';
  const install =
    files[templateKey] === undefined
      ? []
      : [
          {
            name: containers.install,
            args: ['--template', `${secretsPath}/${templateKey}`],
            volumeMounts: [mount],
          },
        ];
  const first = [...install, ...(isNative ? [reporter] : [])];
  const { serviceAccount } = settings;
  const own = {
    metadata: metadataOf(pod),
    spec: {
      volumes: [
        { name: volumeName, secret: { secretName: secretNamesOf(name).job, optional: false } },
        ...(serviceAccount === null ? [] : [tokenVolume]),
      ],
      ...(serviceAccount !== null && { serviceAccountName: serviceAccount }),
      ...(first.length > 0 && { initContainers: first }),
      containers: [mainOf(pod, files, mount), ...(isNative ? [] : [reporter])],
    },
  };
  return addToPod(own, settings.template);
}

function mainOf(pod: PodJob, files: Readonly<Record<string, string>>, mount: object): KubernetesObject {
  const { cpus, memory, wrapper, serviceAccount } = pod;
  const variables = {
    ...wrapper,
    ...(files[variablesKey] !== undefined && { EMISSARY_ENV_FILE: `${secretsPath}/${variablesKey}` }),
    ...(files[argumentsKey] !== undefined && { EMISSARY_ARGS_FILE: `${secretsPath}/${argumentsKey}` }),
  };
  const amounts = {
    ...(cpus !== null && { cpu: String(cpus) }),
    ...(memory !== null && { memory: String(memory) }),
  };
  return {
    name: containers.main,
    env: Object.entries(variables).map(([name, value]) => ({ name, value })),
    ...(Object.keys(amounts).length > 0 && { resources: { limits: amounts } }),
    volumeMounts: [mount, ...(serviceAccount === null ? [] : [tokenMount])],
  };
}
