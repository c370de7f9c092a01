import { limits } from '../base/limits.ts';
import type { ManifestSettings } from '../settings/manifest-settings.ts';
import { jobTemplate } from './job-template.ts';
import { jobVariables } from './job-variables.ts';
import { jobWords } from './job-words.ts';

/** A Kubernetes object. */
export type KubernetesObject = Readonly<Record<string, unknown>>;

const secretsPath = '/var/run/secrets/multiflexi';
const variablesKey = 'variables.json';

/**
 * Makes the objects that run one job: the pod, or a Job of it, after the Secrets that it mounts. It passes the
 * restricted Pod Security Standard.
 *
 * The times: the job has `timeout`, then `grace` to stop. The pod's own deadline leaves the start before that, and the
 * report after it; its termination grace leaves the job's and the report.
 */
export function podObjects(settings: ManifestSettings): readonly KubernetesObject[] {
  const given = new Map(settings.variables);
  if (settings.jobId !== null) given.set('MULTIFLEXI_JOB_ID', String(settings.jobId));
  const variables = jobVariables(settings.application, given);
  const report = new Map(settings.reportVariables);
  if (settings.jobId !== null) report.set('MULTIFLEXI_JOB_ID', String(settings.jobId));
  const secrets = { job: variables.secret, report };
  const held = (['job', 'report'] as const).filter((role) => secrets[role].size > 0);
  const { grace, timeout } = settings;
  const spec = {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: grace + limits.reportSeconds,
    ...(timeout > 0 && {
      activeDeadlineSeconds: limits.podStartSeconds + timeout + grace + limits.reportSeconds,
    }),
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    volumes: volumes(settings, held),
    initContainers: [installer(settings, variables.plain)],
    containers: [
      mainContainer(settings, variables, jobWords(settings.application.parameters, variables)),
      sidecar(settings, held.includes('report')),
    ],
  };
  return [
    ...held.map((role) => secret(secretName(settings, role), secrets[role])),
    settings.kind === 'pod' ? pod(settings, spec) : job(settings, spec),
  ];
}

function pod(settings: ManifestSettings, spec: KubernetesObject): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: metadata(settings), spec };
}

/** MultiFlexi decides on a second try, as a job of its own: Kubernetes makes none. */
function job(settings: ManifestSettings, spec: KubernetesObject): KubernetesObject {
  const template = { metadata: { labels: metadata(settings).labels }, spec };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata(settings),
    spec: { backoffLimit: 0, template },
  };
}

function metadata({ podName, jobId, application }: ManifestSettings) {
  const label = application.name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  const labels = {
    'app.kubernetes.io/managed-by': 'multiflexi',
    ...(label !== '' && { 'app.kubernetes.io/name': label.slice(0, 63).replace(/[^A-Za-z0-9]+$/, '') }),
    ...(jobId !== null && { 'multiflexi/job': String(jobId) }),
  };
  return { name: podName, labels };
}

function secret(name: string, values: ReadonlyMap<string, string>): KubernetesObject {
  const text = JSON.stringify(Object.fromEntries(values));
  const content = { [variablesKey]: Buffer.from(text).toString('base64') };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'Opaque', data: content };
}

function secretName({ podName }: ManifestSettings, role: 'job' | 'report'): string {
  return `${podName}-${role}`;
}

function volumes(
  settings: ManifestSettings,
  held: readonly ('job' | 'report')[],
): readonly KubernetesObject[] {
  return [
    { name: 'emissary', emptyDir: {} },
    // `optional` is said because podman 4.3 does not know its default.
    ...held.map((role) => ({
      name: `${role}-secrets`,
      secret: { secretName: secretName(settings, role), optional: false },
    })),
    ...(settings.claim === null
      ? []
      : [{ name: 'kept', persistentVolumeClaim: { claimName: settings.claim.name } }]),
  ];
}

const confined = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

function installer(settings: ManifestSettings, plain: ReadonlyMap<string, string>): KubernetesObject {
  return {
    name: 'install',
    image: settings.emissaryImage,
    args: ['init'],
    env: environment({
      EMISSARY_ROOT: settings.root,
      EMISSARY_TEMPLATE: JSON.stringify(jobTemplate(settings, plain)),
    }),
    securityContext: { ...confined, readOnlyRootFilesystem: true },
    volumeMounts: [sharedVolume(settings)],
  };
}

function mainContainer(
  settings: ManifestSettings,
  variables: ReturnType<typeof jobVariables>,
  words: readonly string[],
): KubernetesObject {
  const { application, image, root, timeout, grace, user } = settings;
  const secrets = variables.secret.size > 0;
  const own = {
    EMISSARY_ROOT: root,
    EMISSARY_GRACE_SECONDS: String(grace),
    ...(timeout > 0 && { EMISSARY_TIMEOUT_SECONDS: String(timeout) }),
    ...(secrets && {
      EMISSARY_ENV_FILE: `${secretsPath}/job/${variablesKey}`,
      EMISSARY_MASK_ENV: variables.mask,
    }),
  };
  return {
    name: 'main',
    image,
    command: [`${root}/emissary`, 'run', '--', application.executable, ...words].map(withoutExpansion),
    env: environment({ ...Object.fromEntries(variables.plain), ...own }),
    securityContext: { ...confined, ...(user !== null && { runAsUser: user }) },
    volumeMounts: [sharedVolume(settings), ...(secrets ? [secretMount('job')] : [])],
  };
}

function sidecar(settings: ManifestSettings, secrets: boolean): KubernetesObject {
  const { root, grace, timeout, claim } = settings;
  const own = {
    EMISSARY_ROOT: root,
    EMISSARY_GRACE_SECONDS: String(grace),
    // For a wrapper that does not keep its own time: the sidecar counts from its start, which comes before the job's.
    ...(timeout > 0 && { EMISSARY_TIMEOUT_SECONDS: String(limits.podStartSeconds + timeout) }),
    ...(secrets && { EMISSARY_ENV_FILE: `${secretsPath}/report/${variablesKey}` }),
  };
  return {
    name: 'sidecar',
    image: settings.emissaryImage,
    args: ['wait'],
    env: environment(own),
    securityContext: { ...confined, readOnlyRootFilesystem: true },
    volumeMounts: [
      sharedVolume(settings),
      ...(secrets ? [secretMount('report')] : []),
      ...(claim === null ? [] : [{ name: 'kept', mountPath: claim.path }]),
    ],
  };
}

function environment(variables: Readonly<Record<string, string>>): readonly KubernetesObject[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value: withoutExpansion(value) }));
}

/** Kubernetes would put a variable's value in the place of `$(NAME)`. */
function withoutExpansion(text: string): string {
  return text.replaceAll('$(', '$$$$(');
}

function sharedVolume({ root }: ManifestSettings): KubernetesObject {
  return { name: 'emissary', mountPath: root };
}

function secretMount(role: 'job' | 'report'): KubernetesObject {
  return { name: `${role}-secrets`, mountPath: `${secretsPath}/${role}`, readOnly: true };
}
