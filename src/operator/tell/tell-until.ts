import type { JobStatus } from '../job-resource.ts';

/** When what is to be told of a job's end is given up, in ms since 1970. @param reportMs from its end */
export function tellUntil({ phaseHistory }: JobStatus, reportMs: number): number {
  return Date.parse(phaseHistory.at(-1)?.time ?? '') + reportMs;
}
