import { limits } from '../base/limits.ts';
import type { ManifestSettings } from '../settings/verbs/manifest-settings.ts';
import { unexpanded } from './is-expanded.ts';
import type { JobArguments } from './job-arguments.ts';
import type { JobTemplate } from './job-template.ts';
import type { JobVariables } from './job-variables.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

/** Which container a Secret is for: the job never sees the reporter's. */
export type Role = 'init' | 'job' | 'report';
/** All roles. */
export const roles: readonly Role[] = ['init', 'job', 'report'];
/** The Secret's file with variables. */
export const variablesKey = 'variables.json';
/** The Secret's file with the template. */
export const templateKey = 'template.json';
/** The Secret's file with arguments. */
export const argumentsKey = 'arguments.json';
const secretsPath = '/var/run/secrets/multiflexi';
const spoolPath = '/var/spool/emissary';

const confined = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
/** Capabilities for a root job: to write other users' files, to change their owner, and to switch users. */
const rootCapabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

/** The init container: installs the program and the template. */
export function installer(settings: ManifestSettings, { template, inSecret }: JobTemplate): KubernetesObject {
  return {
    name: 'install',
    image: settings.emissaryImage,
    args: ['init', ...(inSecret ? ['--template', `${secretsPath}/init/${templateKey}`] : [])],
    env: environment({
      EMISSARY_ROOT: settings.root,
      ...(!inSecret && { EMISSARY_TEMPLATE: unexpanded(JSON.stringify(template)) }),
    }),
    securityContext: ownSecurityContext(settings),
    volumeMounts: [sharedVolume(settings), ...(inSecret ? [secretMount('init')] : [])],
  };
}

/** Our own containers never run as root, even if the job does. */
function ownSecurityContext({ allowRoot }: ManifestSettings): KubernetesObject {
  return { ...(allowRoot && { runAsNonRoot: true }), ...confined, readOnlyRootFilesystem: true };
}

/** The job's container. The default user of an image is root, which the kubelet rejects unless it is allowed. */
function jobSecurityContext({ user, allowRoot }: ManifestSettings): KubernetesObject {
  const isUser = user !== null && user > 0;
  return {
    ...confined,
    ...(allowRoot && !isUser && { capabilities: { drop: ['ALL'], add: rootCapabilities } }),
    ...(user !== null && { runAsUser: user }),
  };
}

/** The main container: the job's image, with the emissary in front of the job's command. */
export function mainContainer(
  settings: ManifestSettings,
  variables: JobVariables,
  args: JobArguments,
): KubernetesObject {
  const { application, image, root, timeout, grace } = settings;
  const secrets = variables.secret.size > 0;
  const kept = args.inSecret ? [] : args.args;
  const ours = {
    EMISSARY_ROOT: root,
    EMISSARY_GRACE_SECONDS: String(grace),
    ...(timeout > 0 && { EMISSARY_TIMEOUT_SECONDS: String(timeout) }),
    ...(secrets && {
      EMISSARY_ENV_FILE: `${secretsPath}/job/${variablesKey}`,
      EMISSARY_MASK_ENV: variables.mask,
    }),
    ...(args.inSecret && { EMISSARY_ARGS_FILE: `${secretsPath}/job/${argumentsKey}` }),
  };
  return {
    name: 'main',
    image,
    command: [`${root}/emissary`, 'run', '--', application.executable, ...kept],
    env: environment({ ...Object.fromEntries(variables.plain), ...ours }),
    securityContext: jobSecurityContext(settings),
    volumeMounts: [sharedVolume(settings), ...(secrets || args.inSecret ? [secretMount('job')] : [])],
  };
}

/** The reporter: the only container that has the credentials of the server. */
export function reporter(settings: ManifestSettings, secrets: boolean): KubernetesObject {
  const { root, grace, timeout, claim, jobId } = settings;
  const ours = {
    EMISSARY_ROOT: root,
    EMISSARY_GRACE_SECONDS: String(grace),
    EMISSARY_SPOOL_DIR: spoolPath,
    ...(jobId !== null && { MULTIFLEXI_JOB_ID: String(jobId) }),
    // In case the wrapper's own timeout fails. The reporter counts from its own start, which is before the job's.
    ...(timeout > 0 && { EMISSARY_TIMEOUT_SECONDS: String(limits.podStartSeconds + timeout) }),
    ...(secrets && { EMISSARY_ENV_FILE: `${secretsPath}/report/${variablesKey}` }),
  };
  return {
    name: 'reporter',
    image: settings.emissaryImage,
    args: ['wait'],
    env: environment(ours),
    securityContext: ownSecurityContext(settings),
    volumeMounts: [
      sharedVolume(settings),
      // No job can access it, so its contents can be trusted.
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
