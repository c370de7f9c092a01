import { limits } from '../base/limits.ts';
import type { JobResource, JobStatus } from './job-resource.ts';

/** How long an attempt may take to start, in seconds. */
export function startSeconds({ spec }: JobResource): number {
  return spec.startTimeoutSeconds ?? limits.operatorStartSeconds;
}

/**
 * Ms until an attempt is too late to start. Nobody has worked on one that has no pod while there was no operator.
 *
 * @param since when this operator has begun to work, in ms since 1970
 */
export function leftMs(job: JobResource, status: JobStatus, since: number): number {
  const { attemptTime, podUid } = status;
  const from = podUid === null ? startsFrom(status, since) : (attemptTime ?? '');
  return Date.parse(from) + startSeconds(job) * 1_000 - Date.now();
}

/** From when an attempt has its time to start, RFC 3339: an operator that finds it without a pod begins anew. */
export function startsFrom({ attemptTime }: JobStatus, since: number): string {
  return new Date(Math.max(since, Date.parse(attemptTime ?? '') || 0)).toISOString();
}

/** Ms until images that cannot be pulled are given up. */
export function pullLeftMs({ phaseHistory }: JobStatus): number {
  const since = phaseHistory.at(-1);
  const from = since?.reason === 'ImagePull' ? Date.parse(since.time) : Date.now();
  return from + limits.imagePullGraceMs - Date.now();
}

/**
 * Ms until a reporter is stopped whose job has ended: one that has never seen the job's program would wait for ever.
 *
 * @param isUnseen the program has left no word of its end
 */
export function reportingLeftMs({ phaseHistory }: JobStatus, isUnseen: boolean): number {
  const { time = '' } = phaseHistory.at(-1) ?? {};
  const most = isUnseen ? limits.operatorUnseenMs : limits.operatorReportingMs;
  return Date.parse(time) + most - Date.now();
}

/** Ms until the next pod may be made: the longer, the more of them the cluster has failed. */
export function pauseMs({ systemFailures, attemptTime }: JobStatus): number {
  if (systemFailures === 0) return 0;
  const pause = Math.min(limits.operatorRetryMs * 2 ** systemFailures, limits.operatorMaxRetryMs);
  return Date.parse(attemptTime ?? '') + pause - Date.now();
}
