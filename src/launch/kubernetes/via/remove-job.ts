import { limits } from '../../../base/limits.ts';
import { after } from '../../../base/timer.ts';
import { statusOf } from '../api/api-error.ts';
import type { Cluster } from '../api/cluster.ts';
import { isUnreachable, stateOf } from '../pod-state.ts';
import { readPod } from '../watch-pod.ts';
import { type EmissaryJob, hasEnded, jobPath, jobStates } from './emissary-job.ts';

const never = new AbortController().signal;

/**
 * Deletes a job's resource with all that belongs to it. From then on, nothing of it starts any more, even where its operator is
 * away: then the resource itself goes later.
 *
 * @returns whether it is gone
 * @throws Fault `engine`; ApiError; the runtime's error
 */
export async function removeJob(cluster: Cluster, job: EmissaryJob): Promise<boolean> {
  const { name, uid } = job.metadata;
  // Its operator tells others how it ended: deleted before, it would be aborted.
  if (await isOver(cluster, job))
    await within(limits.viaEndMs, cluster, name, (each) => each === null || hasEnded(each));
  const body = { preconditions: { uid }, propagationPolicy: 'Background' };
  try {
    await cluster.send({ method: 'DELETE', path: jobPath(cluster, name), body, signal: never });
  } catch (error) {
    // Gone, or another one of its name.
    if (statusOf(error) === 404 || statusOf(error) === 409) return true;
    throw error;
  }
  return within(limits.viaGoneMs, cluster, name, (each) => each?.metadata.uid !== uid);
}

/** Whether its pod has done everything, and the operator has not written it down yet. */
async function isOver(cluster: Cluster, job: EmissaryJob): Promise<boolean> {
  if (hasEnded(job) || job.status?.podName === undefined) return false;
  const pod = await readPod(cluster, job.status.podName, never);
  return pod !== null && stateOf(pod).kind === 'ended' && isUnreachable(pod);
}

/** @returns whether it came to that in time */
async function within(
  ms: number,
  cluster: Cluster,
  name: string,
  is: (job: EmissaryJob | null) => boolean,
): Promise<boolean> {
  const late = new AbortController();
  const timer = after(ms, () => late.abort());
  try {
    for await (const job of jobStates(cluster, name, { signal: late.signal, silent: () => undefined }))
      if (is(job)) return true;
    return false;
  } catch (error) {
    if (late.signal.aborted) return false;
    throw error;
  } finally {
    timer.cancel();
  }
}
