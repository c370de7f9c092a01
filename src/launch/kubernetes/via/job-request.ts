import { limits } from '../../../base/limits.ts';
import { hasSecret } from '../../../pod/containers.ts';
import { argumentsKey, type SecretFiles, templateKey, variablesKey } from '../../../pod/pod-contents.ts';
import type { PodJob } from '../../../pod/pod-job.ts';
import { metadataOf } from '../../../pod/pod-of.ts';
import { defaultMask, maskEntries, nameMatcher } from '../../../settings/secret-names.ts';
import type { EngineJob } from '../../engine.ts';
import type { ApiObject } from '../api/cluster.ts';
import { podJobOf } from '../pod-request.ts';
import { jobVersion } from './emissary-job.ts';
import { podTemplateOf, type ResourceSettings, secretNamesOf } from './job-pod-template.ts';

const keptPods = { never: 'Never', failed: 'OnFailure', always: 'Always' } as const;

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
      podTemplate: podTemplateOf(job.name, pod, filesOf(pod), settings),
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
  const report = variablesIn(pod.secrets.report);
  return [
    secret(names.job, filesOf(pod)),
    ...(hasSecret(pod, 'stores') ? [secret(names.stores, pod.secrets.stores)] : []),
    ...(Object.keys(report).length > 0 ? [secret(names.report, report)] : []),
  ];
}

function variablesIn({ [variablesKey]: text = '{}' }: SecretFiles): Readonly<Record<string, string>> {
  return JSON.parse(text) as Readonly<Record<string, string>>;
}

function multiflexiOf(
  name: string,
  { jobId, reporter, secrets }: PodJob,
  { sidecar }: ResourceSettings,
): object {
  const hasReport = Object.keys(variablesIn(secrets.report)).length > 0;
  const report =
    sidecar === null ? 'None' : sidecar.get('MULTIFLEXI_REPORT') === 'output' ? 'Output' : 'Full';
  return {
    ...(jobId !== null && { jobId }),
    ...(hasReport && { secretRef: { name: secretNamesOf(name).report } }),
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
  return new Map([...variables, ...Object.entries(variablesIn(secrets.job))]);
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
