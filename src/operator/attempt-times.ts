import { limits } from '../base/limits.ts';
import type { JobResource, JobStatus } from './job-resource.ts';

/** Ms until an attempt is too late to start. */
export function leftMs({ spec }: JobResource, { attemptTime }: JobStatus): number {
  const { startTimeoutSeconds = limits.operatorStartSeconds } = spec;
  return Date.parse(attemptTime ?? '') + startTimeoutSeconds * 1_000 - Date.now();
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
