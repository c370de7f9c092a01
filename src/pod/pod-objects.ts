import { limits } from '../base/limits.ts';
import type { ManifestSettings } from '../settings/verbs/manifest-settings.ts';
import {
  argumentsKey,
  installer,
  mainContainer,
  type Role,
  reporter,
  roles,
  templateKey,
  variablesKey,
} from './containers.ts';
import { jobArguments } from './job-arguments.ts';
import { jobTemplate } from './job-template.ts';
import { jobVariables } from './job-variables.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

/** Seconds after a job's grace, for its wrapper to save and seal, and for the reporter to report. */
const afterwards = (limits.saveMs + limits.gatherMs) / 1000 + limits.reportSeconds;

/**
 * Builds the Kubernetes objects that run one job: the Secrets, then the pod or a Job with it. The pod complies with the
 * restricted Pod Security Standard, unless the job may run as root.
 *
 * Times: the job has `timeout`, then `grace` to stop. The pod's deadline adds time for the start and the report; its
 * termination grace covers the job's grace and the report.
 */
export function podObjects(settings: ManifestSettings): readonly KubernetesObject[] {
  const given = new Map(settings.variables);
  if (settings.jobId !== null) given.set('MULTIFLEXI_JOB_ID', String(settings.jobId));
  const variables = jobVariables(settings.application, given);
  const args = jobArguments(settings.application, variables);
  const template = jobTemplate(settings, variables);
  const secrets: Readonly<Record<Role, Readonly<Record<string, unknown>>>> = {
    init: template.inSecret ? { [templateKey]: template.template } : {},
    job: {
      ...(variables.secret.size > 0 && { [variablesKey]: Object.fromEntries(variables.secret) }),
      ...(args.inSecret && { [argumentsKey]: args.args }),
    },
    report:
      settings.reportVariables.size > 0
        ? { [variablesKey]: Object.fromEntries(settings.reportVariables) }
        : {},
  };
  const held = roles.filter((role) => Object.keys(secrets[role]).length > 0);
  const { grace, timeout } = settings;
  const spec = {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: grace + limits.reportSeconds,
    ...(timeout > 0 && {
      activeDeadlineSeconds: limits.podStartSeconds + timeout + grace + afterwards,
    }),
    securityContext: {
      ...(!settings.allowRoot && { runAsNonRoot: true }),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumes: volumes(settings, held),
    initContainers: [installer(settings, template)],
    containers: [mainContainer(settings, variables, args), reporter(settings, held.includes('report'))],
  };
  return [
    ...held.map((role) => secret(secretName(settings, role), secrets[role])),
    settings.kind === 'pod' ? pod(settings, spec) : job(settings, spec),
  ];
}

function pod(settings: ManifestSettings, spec: KubernetesObject): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: metadata(settings), spec };
}

/** Kubernetes does not retry: MultiFlexi retries with a new job. */
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

function secret(name: string, texts: Readonly<Record<string, unknown>>): KubernetesObject {
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, value]) => [key, Buffer.from(JSON.stringify(value)).toString('base64')]),
  );
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'Opaque', data };
}

function secretName({ podName }: ManifestSettings, role: Role): string {
  return `${podName}-${role}`;
}

function volumes(settings: ManifestSettings, held: readonly Role[]): readonly KubernetesObject[] {
  return [
    { name: 'emissary', emptyDir: {} },
    { name: 'emissary-spool', emptyDir: {} },
    // `optional` is explicit because podman 4.3 does not apply the default.
    ...held.map((role) => ({
      name: `${role}-secrets`,
      secret: { secretName: secretName(settings, role), optional: false },
    })),
    ...(settings.claim === null
      ? []
      : [{ name: 'kept', persistentVolumeClaim: { claimName: settings.claim.name } }]),
  ];
}
