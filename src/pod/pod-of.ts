import { hasInstaller, hasSecret, installer, mainContainer, programVolume, reporter } from './containers.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { type Role, roles } from './pod-contents.ts';
import { podGrace } from './pod-grace.ts';
import type { PodJob } from './pod-job.ts';
import { addToPod } from './pod-template.ts';
import { storeVolumes } from './store-mounts.ts';
import { validLabel } from './valid-name.ts';

/** The application's name as it is: a label may have to shorten it. */
const nameAnnotation = 'eu.multiflexi.emissary.application';

/** What every object of a job has in `metadata` besides its own name. */
export function metadataOf({ labels, application, jobId }: PodJob) {
  return {
    labels: {
      ...labels,
      'app.kubernetes.io/managed-by': 'multiflexi',
      ...(application !== null && { 'app.kubernetes.io/name': validLabel(application) }),
      ...(jobId !== null && { 'multiflexi/job': String(jobId) }),
    },
    ...(application !== null && { annotations: { [nameAnnotation]: application } }),
  };
}

/**
 * The pod of a job: `init` installs the program, the job runs under it, and the reporter is beside it. It complies with the
 * restricted Pod Security Standard, unless the job may be root.
 */
export function podOf(job: PodJob): KubernetesObject {
  const own = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: job.name, ...metadataOf(job) },
    spec: specOf(job),
  };
  return addToPod(addToPod(job.instead ?? {}, own), job.more);
}

/** The Secrets of a job. */
export function secretsOf(job: PodJob): readonly KubernetesObject[] {
  return roles
    .filter((role) => hasSecret(job, role))
    .map((role) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: secretName(job.secretsName ?? job.name, role), labels: metadataOf(job).labels },
      type: 'Opaque',
      data: Object.fromEntries(
        Object.entries(job.secrets[role]).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
      ),
    }));
}

/** The name of a pod's Secret. @param pod what those of one pod begin with */
export function secretName(pod: string, role: Role): string {
  return `${pod}-${role}`;
}

function specOf(job: PodJob): KubernetesObject {
  return {
    restartPolicy: 'Never',
    ...(job.serviceAccount === null
      ? { automountServiceAccountToken: false }
      : { serviceAccountName: job.serviceAccount }),
    enableServiceLinks: false,
    terminationGracePeriodSeconds: podGrace(job.grace),
    ...(job.deadline !== null && { activeDeadlineSeconds: Math.ceil(job.deadline) }),
    securityContext: {
      ...(!job.allowRoot && { runAsNonRoot: true }),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumes: volumesOf(job),
    ...containersOf(job),
  };
}

function containersOf(job: PodJob): KubernetesObject {
  const [main, beside] = [mainContainer(job), reporter(job)];
  const first = hasInstaller(job) ? [installer(job)] : [];
  if (job.reporter.kind === 'native')
    return { initContainers: [...first, { ...beside, restartPolicy: 'Always' }], containers: [main] };
  return { ...(first.length > 0 && { initContainers: first }), containers: [main, beside] };
}

function volumesOf(job: PodJob): readonly KubernetesObject[] {
  const program = programVolume(job);
  return [
    { name: 'emissary', emptyDir: {} },
    ...(program === null ? [] : [program]),
    ...(job.reporter.verb === 'wait' ? [{ name: 'emissary-spool', emptyDir: {} }] : []),
    // `optional` is explicit because podman 4.3 does not apply the default.
    ...roles
      .filter((role) => hasSecret(job, role))
      .map((role) => ({
        name: `${role}-secrets`,
        secret: { secretName: secretName(job.secretsName ?? job.name, role), optional: false },
      })),
    ...storeVolumes(job),
    ...(job.claim === null ? [] : [{ name: 'kept', persistentVolumeClaim: { claimName: job.claim.name } }]),
  ];
}
