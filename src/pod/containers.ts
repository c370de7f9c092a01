import { limits } from '../base/limits.ts';
import { isExpanded, unexpanded } from './is-expanded.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import {
  argumentsKey,
  authorityKey,
  type Role,
  secretsPath,
  templateKey,
  variablesKey,
} from './pod-contents.ts';
import { podGrace } from './pod-grace.ts';
import type { PodJob } from './pod-job.ts';
import { storeMounts } from './store-mounts.ts';

/** The containers of a job's pod. */
export const containerNames = { install: 'install', main: 'main', reporter: 'reporter' } as const;

/** Where the image with the program is mounted. */
const imagePath = '/run/multiflexi-emissary';
const spoolPath = '/var/spool/emissary';
const pullPolicies = { missing: 'IfNotPresent', always: 'Always', never: 'Never' } as const;

const confined = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
/** Capabilities for a root job: to write other users' files, to change their owner, and to switch users. */
const rootCapabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

/** Whether the pod has a Secret for this role. */
export function hasSecret({ secrets, gated }: PodJob, role: Role): boolean {
  const isEmpty = (each: Role) => Object.keys(secrets[each]).length === 0;
  if (!isEmpty(role)) return true;
  // What starts the job must be there.
  return gated && role === 'job' && isEmpty('init');
}

/** Whether `init` runs: without it, each container has the template, and `main` stages the inputs. */
export function hasInstaller({ program, stores }: PodJob): boolean {
  return program === 'copy' || stores.fetches;
}

/** The init container: installs the program and the template, and fetches what the job must have no credentials for. */
export function installer(job: PodJob): KubernetesObject {
  const variables = job.secrets.stores[variablesKey];
  return {
    name: containerNames.install,
    image: job.emissaryImage,
    args: ['init', ...(job.program === 'image' ? ['--without-program'] : []), ...templateOption(job)],
    env: environment({
      EMISSARY_ROOT: job.root,
      ...templateVariable(job),
      ...(variables !== undefined && { EMISSARY_ENV_FILE: `${secretsPath}/stores/${variablesKey}` }),
    }),
    securityContext: ownSecurityContext(job),
    volumeMounts: [
      sharedVolume(job),
      ...secretMounts(job, 'init'),
      ...(variables === undefined ? [] : secretMounts(job, 'stores')),
      ...storeMounts(job, 'fetch'),
    ],
  };
}

/** Our own containers never run as root, even if the job does. */
function ownSecurityContext({ allowRoot }: PodJob): KubernetesObject {
  return { ...(allowRoot && { runAsNonRoot: true }), ...confined, readOnlyRootFilesystem: true };
}

/** The job's container. The default user of an image is root, which the kubelet rejects unless it is allowed. */
function jobSecurityContext({ user, group, allowRoot }: PodJob): KubernetesObject {
  const isUser = user !== null && user > 0;
  return {
    ...confined,
    ...(allowRoot && !isUser && { capabilities: { drop: ['ALL'], add: rootCapabilities } }),
    ...(user !== null && { runAsUser: user }),
    ...(group !== null && { runAsGroup: group }),
  };
}

/** The main container: the job's image, with the emissary in front of the job's command. */
export function mainContainer(job: PodJob): KubernetesObject {
  const { root, timeout, grace, mask, cpus, memory } = job;
  const { [variablesKey]: hidden, [argumentsKey]: hiddenArguments } = job.secrets.job;
  const stages = !hasInstaller(job);
  const ours = {
    EMISSARY_ROOT: root,
    EMISSARY_GRACE_SECONDS: String(grace),
    ...(timeout > 0 && { EMISSARY_TIMEOUT_SECONDS: String(timeout) }),
    ...(hidden !== undefined && { EMISSARY_ENV_FILE: `${secretsPath}/job/${variablesKey}` }),
    ...(mask !== null && { EMISSARY_MASK_ENV: literal(mask) }),
    ...(hiddenArguments !== undefined && { EMISSARY_ARGS_FILE: `${secretsPath}/job/${argumentsKey}` }),
    ...job.wrapper,
  };
  const amounts = {
    ...(cpus !== null && { cpu: String(cpus) }),
    ...(memory !== null && { memory: String(memory) }),
  };
  return {
    name: containerNames.main,
    image: job.image,
    imagePullPolicy: pullPolicies[job.pull],
    command: [programPath(job), 'run', ...(stages ? templateOption(job) : []), '--', ...job.command].map(
      literal,
    ),
    env: environment({
      ...Object.fromEntries(job.variables),
      ...ours,
      ...(stages && templateVariable(job)),
    }),
    ...(Object.keys(amounts).length > 0 && { resources: { limits: amounts } }),
    securityContext: jobSecurityContext(job),
    volumeMounts: [
      sharedVolume(job),
      ...programMount(job),
      ...(stages ? secretMounts(job, 'init') : []),
      ...secretMounts(job, 'job'),
    ],
  };
}

/** The reporter: the only container that may have the credentials of the server. */
export function reporter(job: PodJob): KubernetesObject {
  const { root, grace, timeout, claim, jobId } = job;
  const { verb, hold } = job.reporter;
  // Whoever names the stores gets the credentials: not the volume, which the job can write to.
  const knowsTemplate = verb === 'wait' && (job.program === 'image' || job.stores.puts);
  const ours = {
    EMISSARY_ROOT: root,
    // The kubelet lets it be for as long as the pod. What is only held for a launcher ends earlier: without the right to exec, the
    // launcher waits for that end, and reads the log.
    EMISSARY_GRACE_SECONDS: String(verb === 'wait' && hold === null ? podGrace(grace) : grace),
    ...(verb === 'wait' && {
      EMISSARY_SPOOL_DIR: spoolPath,
      ...(jobId !== null && { MULTIFLEXI_JOB_ID: String(jobId) }),
      // In case the wrapper's own timeout fails. The reporter counts from its own start, which is before the job's.
      ...(timeout > 0 && { EMISSARY_TIMEOUT_SECONDS: String(limits.podStartSeconds + timeout) }),
    }),
    ...(hold !== null && { EMISSARY_HOLD_SECONDS: String(hold) }),
    ...(hasSecret(job, 'report') && { EMISSARY_ENV_FILE: `${secretsPath}/report/${variablesKey}` }),
  };
  return {
    name: containerNames.reporter,
    image: job.emissaryImage,
    args: [verb, ...(knowsTemplate ? templateOption(job) : [])],
    env: environment({ ...ours, ...(knowsTemplate && templateVariable(job)) }),
    securityContext: ownSecurityContext(job),
    volumeMounts: [
      sharedVolume(job),
      ...(knowsTemplate ? secretMounts(job, 'init') : []),
      // No job can access it, so its contents can be trusted.
      ...(verb === 'wait' ? [{ name: 'emissary-spool', mountPath: spoolPath }] : []),
      ...secretMounts(job, 'report'),
      ...(job.secrets.stores[authorityKey] === undefined ? [] : secretMounts(job, 'stores')),
      ...storeMounts(job, 'put'),
      ...(claim === null ? [] : [{ name: 'kept', mountPath: claim.path }]),
    ],
  };
}

function programPath({ program, root }: PodJob): string {
  return `${program === 'image' ? imagePath : root}/emissary`;
}

/** The volume with the program's image; null: it is copied. */
export function programVolume({ program, emissaryImage }: PodJob): KubernetesObject | null {
  return program === 'copy' ? null : { name: 'emissary-program', image: { reference: emissaryImage } };
}

/** The reporter's image has the program itself. */
function programMount({ program }: PodJob): readonly KubernetesObject[] {
  return program === 'copy' ? [] : [{ name: 'emissary-program', mountPath: imagePath, readOnly: true }];
}

function templateOption({ secrets }: PodJob): readonly string[] {
  return secrets.init[templateKey] === undefined ? [] : ['--template', `${secretsPath}/init/${templateKey}`];
}

function templateVariable({ template }: PodJob): Readonly<Record<string, string>> {
  return template === null ? {} : { EMISSARY_TEMPLATE: unexpanded(template) };
}

/** Kubernetes makes `$` of `$$`, and values of `$(NAME)`. */
function literal(text: string): string {
  return isExpanded(text) ? text.replaceAll('$', '$$$$') : text;
}

function environment(variables: Readonly<Record<string, string>>): readonly KubernetesObject[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

function sharedVolume({ root }: PodJob): KubernetesObject {
  return { name: 'emissary', mountPath: root };
}

function secretMounts(job: PodJob, role: Role): readonly KubernetesObject[] {
  if (!hasSecret(job, role)) return [];
  return [{ name: `${role}-secrets`, mountPath: `${secretsPath}/${role}`, readOnly: true }];
}
