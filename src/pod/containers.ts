import { limits } from '../base/limits.ts';
import type { ManifestSettings } from '../settings/cli/manifest-settings.ts';
import { unexpanded } from './is-expanded.ts';
import type { JobArguments } from './job-arguments.ts';
import type { JobTemplate } from './job-template.ts';
import type { JobVariables } from './job-variables.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

/** Whose Secret it is: the job never sees the sidecar's. */
export type Role = 'init' | 'job' | 'report';
/** Every role. */
export const roles: readonly Role[] = ['init', 'job', 'report'];
/** The Secret's file of variables. */
export const variablesKey = 'variables.json';
/** The Secret's file with the template. */
export const templateKey = 'template.json';
/** The Secret's file of words. */
export const argumentsKey = 'words.json';
const secretsPath = '/var/run/secrets/multiflexi';
const spoolPath = '/var/spool/emissary';

const confined = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
/** What root needs to be more than a user without a name: to write others' files, to give them away, to become a user. */
const ofRoot = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

/** The init container: installs the program and the template. */
export function installer(settings: ManifestSettings, { template, apart }: JobTemplate): KubernetesObject {
  return {
    name: 'install',
    image: settings.emissaryImage,
    args: ['init', ...(apart ? ['--template', `${secretsPath}/init/${templateKey}`] : [])],
    env: environment({
      EMISSARY_ROOT: settings.root,
      ...(!apart && { EMISSARY_TEMPLATE: unexpanded(JSON.stringify(template)) }),
    }),
    securityContext: own(settings),
    volumeMounts: [sharedVolume(settings), ...(apart ? [secretMount('init')] : [])],
  };
}

/** Our containers are never root, whatever the job's is. */
function own({ allowRoot }: ManifestSettings): KubernetesObject {
  return { ...(allowRoot && { runAsNonRoot: true }), ...confined, readOnlyRootFilesystem: true };
}

/** The image's user is root where nobody said otherwise: the kubelet refuses that one unless it is allowed. */
function ofJob({ user, allowRoot }: ManifestSettings): KubernetesObject {
  const isUser = user !== null && user > 0;
  return {
    ...confined,
    ...(allowRoot && !isUser && { capabilities: { drop: ['ALL'], add: ofRoot } }),
    ...(user !== null && { runAsUser: user }),
  };
}

/** The job's own image, with the job's command behind the emissary. */
export function mainContainer(
  settings: ManifestSettings,
  variables: JobVariables,
  args: JobArguments,
): KubernetesObject {
  const { application, image, root, timeout, grace } = settings;
  const secrets = variables.secret.size > 0;
  const kept = args.apart ? [] : args.args;
  const ours = {
    EMISSARY_ROOT: root,
    EMISSARY_GRACE_SECONDS: String(grace),
    ...(timeout > 0 && { EMISSARY_TIMEOUT_SECONDS: String(timeout) }),
    ...(secrets && {
      EMISSARY_ENV_FILE: `${secretsPath}/job/${variablesKey}`,
      EMISSARY_MASK_ENV: variables.mask,
    }),
    ...(args.apart && { EMISSARY_ARGS_FILE: `${secretsPath}/job/${argumentsKey}` }),
  };
  return {
    name: 'main',
    image,
    command: [`${root}/emissary`, 'run', '--', application.executable, ...kept],
    env: environment({ ...Object.fromEntries(variables.plain), ...ours }),
    securityContext: ofJob(settings),
    volumeMounts: [sharedVolume(settings), ...(secrets || args.apart ? [secretMount('job')] : [])],
  };
}

/** The sidecar: the only one that knows the server. */
export function sidecar(settings: ManifestSettings, secrets: boolean): KubernetesObject {
  const { root, grace, timeout, claim, jobId } = settings;
  const ours = {
    EMISSARY_ROOT: root,
    EMISSARY_GRACE_SECONDS: String(grace),
    EMISSARY_SPOOL_DIR: spoolPath,
    ...(jobId !== null && { MULTIFLEXI_JOB_ID: String(jobId) }),
    // For a wrapper that does not keep its own time: the sidecar counts from its start, which comes before the job's.
    ...(timeout > 0 && { EMISSARY_TIMEOUT_SECONDS: String(limits.podStartSeconds + timeout) }),
    ...(secrets && { EMISSARY_ENV_FILE: `${secretsPath}/report/${variablesKey}` }),
  };
  return {
    name: 'sidecar',
    image: settings.emissaryImage,
    args: ['wait'],
    env: environment(ours),
    securityContext: own(settings),
    volumeMounts: [
      sharedVolume(settings),
      // No job reaches it: what is there can be believed.
      { name: 'emissary-spool', mountPath: spoolPath },
      ...(secrets ? [secretMount('report')] : []),
      ...(claim === null ? [] : [{ name: 'kept', mountPath: claim.path }]),
    ],
  };
}

function environment(variables: Readonly<Record<string, string>>): readonly KubernetesObject[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

function sharedVolume({ root }: ManifestSettings): KubernetesObject {
  return { name: 'emissary', mountPath: root };
}

function secretMount(role: Role): KubernetesObject {
  return { name: `${role}-secrets`, mountPath: `${secretsPath}/${role}`, readOnly: true };
}
