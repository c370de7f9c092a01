import type { JobStatus } from '../job-resource.ts';

/**
 * When what is to be told of a job's end is given up, in ms since 1970.
 *
 * @param since when the operator has begun to tell: nobody has told anything while there was none
 * @param reportMs from then, or from the job's end
 */
export function tellUntil({ phaseHistory }: JobStatus, since: number, reportMs: number): number {
  return Math.max(since, Date.parse(phaseHistory.at(-1)?.time ?? '') || 0) + reportMs;
}
