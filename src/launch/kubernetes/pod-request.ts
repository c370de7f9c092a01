import type { KubernetesObject } from '../../pod/kubernetes-object.ts';
import type { PodJob } from '../../pod/pod-job.ts';
import { podOf, secretsOf } from '../../pod/pod-of.ts';
import type { KubernetesSettings } from '../../settings/verbs/kubernetes-settings.ts';
import { type EngineJob, volumePath } from '../engine.ts';
import type { ApiObject } from './api/cluster.ts';

/** What a pod gets besides what its job needs. */
export interface PodSettings extends KubernetesSettings {
  /** `metadata` and `spec` of `--pod-template`. */
  readonly template: KubernetesObject;
}

/** The same unprivileged user as in the emissary's image: what the job writes, the reporter can read. */
const ownUser = 65_532;

/** The pod of a launched job. */
export function podRequest(job: EngineJob, settings: PodSettings): ApiObject {
  return podOf(podJobOf(job, settings));
}

/** The Secrets of a launched job. */
export function secretRequests(job: EngineJob, settings: PodSettings): readonly ApiObject[] {
  return secretsOf(podJobOf(job, settings));
}

/** A Secret that goes with its pod. */
export function ownedBy(secret: ApiObject, pod: { readonly name: string; readonly uid: string }): ApiObject {
  const owner = { apiVersion: 'v1', kind: 'Pod', ...pod };
  return { ...secret, metadata: { ...(secret['metadata'] as object), ownerReferences: [owner] } };
}

/** What a launched job is as a pod. */
export function podJobOf(job: EngineJob, settings: PodSettings): PodJob {
  const { pod, resources } = job;
  if (pod === null) throw new TypeError('the job has no pod');
  const [user = '', group] = (resources.user ?? String(ownUser)).split(':');
  return {
    ...pod,
    command: pod.command.length > 0 ? pod.command : job.command,
    name: job.name,
    labels: job.labels,
    image: job.image ?? '',
    pull: job.pull,
    emissaryImage: settings.emissaryImage,
    program: settings.program,
    root: volumePath,
    wrapper: job.environment,
    user: user === 'image' ? null : Number(user),
    group: group === undefined ? null : Number(group),
    allowRoot: user === 'image' || Number(user) === 0,
    cpus: resources.cpus,
    memory: resources.memory,
    claim: null,
    serviceAccount: settings.serviceAccount,
    more: settings.template,
    gated: true,
  };
}
