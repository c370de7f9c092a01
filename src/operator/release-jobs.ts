import { Fault } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { statusOf } from '../launch/kubernetes/api/api-error.ts';
import type { Cluster } from '../launch/kubernetes/api/cluster.ts';
import { finalizer, type JobResource } from './job-resource.ts';
import { allObjects } from './list-objects.ts';
import { jobPath, listPaths } from './list-paths.ts';

const never = new AbortController().signal;

/**
 * Lets go of all jobs: their resources can be deleted without an operator. Their pods go on, and an operator that comes later
 * holds them again.
 *
 * @returns how many there were
 * @throws Fault `engine` if another operator holds them again meanwhile; ApiError; the runtime's error
 */
export async function releaseJobs(cluster: Cluster, scope: 'namespace' | 'cluster'): Promise<number> {
  const { jobs } = listPaths(cluster, scope);
  let released = 0;
  for (let pass = 0; pass < limits.operatorReleasePasses; pass += 1) {
    const held = await heldJobs(cluster, jobs);
    if (held.length === 0) return released;
    for (let at = 0; at < held.length; at += limits.operatorWorkers) {
      const some = held.slice(at, at + limits.operatorWorkers);
      const done = await Promise.all(some.map((job) => release(cluster, job)));
      released += done.filter((each) => each).length;
    }
  }
  throw new Fault('engine', 'Jobs are held again as soon as they are let go: stop the operator first');
}

async function heldJobs(cluster: Cluster, jobs: string): Promise<readonly JobResource[]> {
  try {
    const items = await allObjects<JobResource>(cluster, jobs, never);
    return items.filter((job) => job.metadata.finalizers?.includes(finalizer));
  } catch (error) {
    // Their definition was deleted, and all of them with it.
    if (statusOf(error) === 404) return [];
    throw error;
  }
}

/** @returns whether it is done; false: it has changed meanwhile, or is gone */
async function release(cluster: Cluster, { metadata }: JobResource): Promise<boolean> {
  const { uid, resourceVersion, finalizers = [] } = metadata;
  const left = finalizers.filter((each) => each !== finalizer);
  const body = { metadata: { uid, resourceVersion, finalizers: left } };
  try {
    await cluster.send({ method: 'PATCH', path: jobPath(metadata), body, signal: never });
    return true;
  } catch (error) {
    if (statusOf(error) === 404 || statusOf(error) === 409) return false;
    throw error;
  }
}
