import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '../../base/limits.ts';
import { readRegular } from '../../base/read-regular.ts';
import type { KubernetesObject } from '../../pod/kubernetes-object.ts';
import { addToPod } from '../../pod/pod-template.ts';
import type { KubernetesSettings } from '../../settings/verbs/kubernetes-settings.ts';
import { type EngineJob, secretsPath, volumePath } from '../engine.ts';
import type { ApiObject } from './cluster.ts';
import { containers, secretName } from './pod-names.ts';

const pullPolicies = { missing: 'IfNotPresent', always: 'Always', never: 'Never' } as const;
const templateFile = 'template.json';
/** What a pod gets besides what its job needs. */
export interface PodSettings extends KubernetesSettings {
  /** `metadata` and `spec` of `--pod-template`. */
  readonly template: KubernetesObject;
}

/** The same unprivileged user as in the emissary's image: what the job writes, the reporter can read. */
const ownUser = 65_532;
const confined = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
/** What root needs as a job: other users' files, their owners, and to become another user. */
const rootCapabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

/**
 * The pod of a job: `init` installs the program, the job runs under it, and the reporter's container holds the volume until
 * the launcher has taken everything. It complies with the restricted Pod Security Standard, unless the job may be root.
 */
export function podRequest(job: EngineJob, settings: PodSettings): ApiObject {
  return addToPod(ownPod(job, settings), settings.template);
}

function ownPod(job: EngineJob, settings: PodSettings): ApiObject {
  const mayBeRoot = isRoot(job);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: job.name, labels: { ...job.labels, 'app.kubernetes.io/managed-by': 'multiflexi' } },
    spec: {
      restartPolicy: 'Never',
      enableServiceLinks: false,
      ...(settings.serviceAccount === null
        ? { automountServiceAccountToken: false }
        : { serviceAccountName: settings.serviceAccount }),
      terminationGracePeriodSeconds: graceOf(job) + limits.reportSeconds,
      securityContext: {
        ...(!mayBeRoot && { runAsNonRoot: true }),
        seccompProfile: { type: 'RuntimeDefault' },
      },
      volumes: [
        { name: 'emissary', emptyDir: {} },
        { name: 'job-secrets', secret: { secretName: secretName(job.name), defaultMode: 0o444 } },
      ],
      initContainers: [installer(job, settings)],
      containers: [mainContainer(job), reporter(settings)],
    },
  };
}

/** The job's variables, hidden arguments and template, which only its owner reference ties to the pod. */
export function secretRequest(job: EngineJob, uid: string): ApiObject {
  const files = readdirSync(job.places.secrets).map((name) => {
    const bytes = readRegular(join(job.places.secrets, name), limits.secretFileBytes);
    return [name, bytes.toString('base64')] as const;
  });
  const template = job.template === null ? [] : [[templateFile, base64(job.template)] as const];
  const owner = { apiVersion: 'v1', kind: 'Pod', name: job.name, uid };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secretName(job.name), labels: { ...job.labels }, ownerReferences: [owner] },
    type: 'Opaque',
    data: Object.fromEntries([...files, ...template]),
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Whole seconds, as Kubernetes wants them. */
function graceOf({ environment }: EngineJob): number {
  return Math.ceil(Number(environment['EMISSARY_GRACE_SECONDS'] ?? limits.graceSeconds));
}

function isRoot({ resources }: EngineJob): boolean {
  return resources.user === 'image' || resources.user?.split(':')[0] === '0';
}

function installer(job: EngineJob, { emissaryImage }: PodSettings): ApiObject {
  return {
    name: containers.install,
    image: emissaryImage,
    args: ['init', ...(job.template === null ? [] : ['--template', `${secretsPath}/${templateFile}`])],
    securityContext: ownSecurityContext(job),
    volumeMounts: [sharedVolume, secretMount],
  };
}

function mainContainer(job: EngineJob): ApiObject {
  const { image, command, environment, resources } = job;
  const [user, group] = resources.user === null ? [String(ownUser), undefined] : resources.user.split(':');
  const amounts = {
    ...(resources.cpus !== null && { cpu: String(resources.cpus) }),
    ...(resources.memory !== null && { memory: String(resources.memory) }),
  };
  return {
    name: containers.main,
    image,
    imagePullPolicy: pullPolicies[job.pull],
    command: [`${volumePath}/emissary`, 'run', '--', ...command].map(unexpanded),
    env: Object.entries(environment).map(([name, value]) => ({ name, value: unexpanded(value) })),
    ...(Object.keys(amounts).length > 0 && { resources: { limits: amounts } }),
    securityContext: {
      ...confined,
      ...(isRoot(job) && { capabilities: { drop: ['ALL'], add: rootCapabilities } }),
      ...(user !== 'image' && { runAsUser: Number(user) }),
      ...(group !== undefined && { runAsGroup: Number(group) }),
    },
    volumeMounts: [sharedVolume, secretMount],
  };
}

function reporter({ emissaryImage }: PodSettings): ApiObject {
  return {
    name: containers.reporter,
    image: emissaryImage,
    args: ['hold'],
    securityContext: { ...confined, runAsNonRoot: true, readOnlyRootFilesystem: true },
    volumeMounts: [sharedVolume],
  };
}

/** Our own containers never run as root, even if the job does. */
function ownSecurityContext(job: EngineJob): ApiObject {
  return { ...(isRoot(job) && { runAsNonRoot: true }), ...confined, readOnlyRootFilesystem: true };
}

const sharedVolume = { name: 'emissary', mountPath: volumePath };
const secretMount = { name: 'job-secrets', mountPath: secretsPath, readOnly: true };

/** Kubernetes makes `$` of `$$`, and values of `$(NAME)`. */
function unexpanded(text: string): string {
  return text.replaceAll('$', '$$$$');
}
