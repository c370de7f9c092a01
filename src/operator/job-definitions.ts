import { Fault } from '../base/fault.ts';
import { isRecord } from '../base/is-record.ts';
import { statusOf } from '../launch/kubernetes/api/api-error.ts';
import type { PodJob } from '../pod/pod-job.ts';
import type { JobResource } from './job-resource.ts';
import type { LedCluster } from './leadership.ts';
import { podJobOf } from './pod-of-resource.ts';

/** The definitions of applications: in the resource itself, or in a ConfigMap. */
export class JobDefinitions {
  readonly #cluster: LedCluster;
  readonly #emissaryImage: string;

  constructor(cluster: LedCluster, emissaryImage: string) {
    this.#cluster = cluster;
    this.#emissaryImage = emissaryImage;
  }

  /** What a job is as a pod. @throws Fault for what cannot be a job; ApiError; the runtime's error */
  async podJob(job: JobResource, attempt: number): Promise<PodJob> {
    const definition = await this.#definitionOf(job);
    return podJobOf(job, { attempt, definition, emissaryImage: this.#emissaryImage });
  }

  async #definitionOf({ metadata, spec }: JobResource): Promise<string | null> {
    const { definition, configMapKeyRef: from } = spec.application ?? {};
    if (definition !== undefined) return JSON.stringify(definition);
    if (from === undefined) return null;
    const path = this.#cluster.in(metadata.namespace).path('configmaps', from.name);
    try {
      const { signal } = new AbortController();
      const { data } = await this.#cluster.send({ method: 'GET', path, signal });
      const text = isRecord(data) ? data[from.key] : undefined;
      if (typeof text === 'string') return text;
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
    throw new Fault('usage', `spec.application: there is no ConfigMap ${from.name} with the key ${from.key}`);
  }
}
