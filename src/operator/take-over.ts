import { limits } from '../base/limits.ts';
import { reasonOfApi } from '../launch/kubernetes/api/api-error.ts';
import type { Pod } from '../launch/kubernetes/pod-state.ts';
import { leftMs, startSeconds } from './attempt-times.ts';
import { isOfJob } from './is-of-job.ts';
import type { JobResource, JobStatus } from './job-resource.ts';
import type { Tools } from './tools.ts';

/** An attempt, and who works on it. */
interface Attempt {
  readonly job: JobResource;
  readonly status: JobStatus;
  readonly tools: Tools;
}

/**
 * What this operator has found a pod as. `new`: it is still to be written down, or an earlier operator has gone before it let it
 * start; its time to start begins now. `outdated`: the same, but its deadline, which counts from when it was made, would not
 * leave the job its time. `known`: its time to start goes on.
 *
 * @throws what is to be tried again
 */
export async function foundAs(pod: Pod, attempt: Attempt): Promise<'new' | 'outdated' | 'known'> {
  const { job, status, tools } = attempt;
  if (status.podUid !== null && (status.stopping !== null || (await hasBeenReleased(pod, attempt))))
    return 'known';
  const waitedMs = tools.since() - Date.parse(String(pod.metadata?.creationTimestamp));
  return waitedMs > Math.min(startSeconds(job) * 1_000, limits.operatorOutdatedMs) ? 'outdated' : 'new';
}

/**
 * Whether a pod that is written down has what it waits for, or this operator is about to give it. One that has most of its time
 * left needs no other: operators that die one after the other would do nothing but begin anew.
 */
async function hasBeenReleased(pod: Pod, { job, status, tools }: Attempt): Promise<boolean> {
  const usedMs = tools.since() - Date.parse(status.attemptTime ?? '');
  if (usedMs <= (startSeconds(job) * 1_000) / 2) return true;
  try {
    return await tools.pods.isReleased(pod, () => tools.definitions.podJob(job, status.attempts));
  } catch (error) {
    // It is told where it is to be let start.
    if (isOfJob(error)) return true;
    throw error;
  }
}

/**
 * Makes what a pod waits for: the job starts.
 *
 * @returns why its Secrets will never be made, such as a ConfigMap that is gone meanwhile; null: they are
 * @throws what is to be tried again
 */
export async function releasePod(pod: Pod, { job, status, tools }: Attempt): Promise<string | null> {
  try {
    return await tools.pods.release(pod, () => tools.definitions.podJob(job, status.attempts));
  } catch (error) {
    if (isOfJob(error)) return error.message;
    if (leftMs(job, status, tools.since()) <= 0) return reasonOfApi(error);
    throw error;
  }
}
