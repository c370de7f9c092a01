import { isDeepStrictEqual } from 'node:util';
import { reasonOfApi, statusOf } from '../launch/kubernetes/api/api-error.ts';
import type { ApiObject } from '../launch/kubernetes/api/cluster.ts';
import {
  apiVersion,
  finalizer,
  group,
  type JobResource,
  type JobStatus,
  statusOfResource,
} from './job-resource.ts';
import type { LedCluster } from './leadership.ts';
import { jobPath } from './list-paths.ts';
import { logJob } from './log-job.ts';
import type { Place } from './object-key.ts';

/** Each request is bounded by itself. */
const never = new AbortController().signal;

/**
 * Changes resources. Each change names the version that it was decided on: where that is not the newest any more, the server
 * refuses it (409), and everything is decided again.
 */
export class JobWriter {
  readonly #cluster: LedCluster;
  readonly #toldOf: (job: JobResource) => number | null;

  /** @param toldOf the version of the last step of a job that was told: it is written with the next change */
  constructor(cluster: LedCluster, toldOf: (job: JobResource) => number | null) {
    this.#cluster = cluster;
    this.#toldOf = toldOf;
  }

  /** The resource as the server has it; null: it is gone. */
  async read(place: Place): Promise<JobResource | null> {
    try {
      const path = jobPath(place);
      return (await this.#cluster.send({ method: 'GET', path, signal: never })) as unknown as JobResource;
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  }

  /** Writes a status, if it differs, and an event of each step. @throws ApiError; the runtime's error */
  async writeStatus(resource: JobResource, status: JobStatus): Promise<JobResource> {
    const before = statusOfResource(resource);
    if (isDeepStrictEqual(before, status)) return resource;
    const written = await this.#patch(resource, '/status', {
      status: { ...status, told: this.#toldOf(resource) },
    });
    if (status.phaseHistory.at(-1)?.time !== before.phaseHistory.at(-1)?.time) {
      const { phase, reason, attempts: attempt } = status;
      const message = `${phase}: ${status.message}`;
      logJob(resource.metadata, message, { level: 'info', more: { phase, reason, attempt } });
      const isWarning = status.conditions.some(({ type }) => type === 'Failed');
      await this.tell(written, isWarning, { reason: reason ?? '', message });
    }
    return written;
  }

  /** From now on, the resource stays until its job is over. */
  async hold(resource: JobResource): Promise<JobResource> {
    const { finalizers = [] } = resource.metadata;
    if (finalizers.includes(finalizer)) return resource;
    return this.#patch(resource, '', { metadata: { finalizers: [...finalizers, finalizer] } });
  }

  /** Its job is over: the resource may go whenever somebody deletes it. */
  async letGo(resource: JobResource): Promise<JobResource> {
    const { finalizers = [] } = resource.metadata;
    if (!finalizers.includes(finalizer)) return resource;
    const left = finalizers.filter((each) => each !== finalizer);
    return this.#patch(resource, '', { metadata: { finalizers: left } });
  }

  async remove({ metadata }: JobResource): Promise<void> {
    const path = jobPath(metadata);
    const body = { preconditions: { uid: metadata.uid }, propagationPolicy: 'Background' };
    try {
      await this.#cluster.send({ method: 'DELETE', path, body, signal: never });
    } catch (error) {
      if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
    }
  }

  /** Makes an event of the resource; without it, nothing is lost but news. */
  async tell(
    { metadata }: JobResource,
    isWarning: boolean,
    of: { readonly reason: string; readonly message: string },
  ): Promise<void> {
    const time = new Date().toISOString();
    const { name, namespace, uid, resourceVersion } = metadata;
    const body = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { generateName: `${name.slice(0, 50)}.`, namespace },
      involvedObject: { apiVersion, kind: 'EmissaryJob', name, namespace, uid, resourceVersion },
      ...of,
      type: isWarning ? 'Warning' : 'Normal',
      source: { component: group },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    };
    try {
      await this.#cluster.send({
        method: 'POST',
        path: this.#cluster.in(namespace).path('events'),
        body,
        signal: never,
      });
    } catch (error) {
      logJob(metadata, `No event could be made: ${reasonOfApi(error)}`);
    }
  }

  async #patch(resource: JobResource, part: '' | '/status', change: ApiObject): Promise<JobResource> {
    const { namespace, name, uid, resourceVersion } = resource.metadata;
    const path = `${jobPath({ namespace, name })}${part}`;
    const metadata = { ...(change['metadata'] as object | undefined), uid, resourceVersion };
    const body = { ...change, metadata };
    return (await this.#cluster.send({
      method: 'PATCH',
      path,
      body,
      signal: never,
    })) as unknown as JobResource;
  }
}
