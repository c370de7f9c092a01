import { limits } from '../base/limits.ts';

/** Seconds from a pod's stop to its KILL: the job's grace, and the report. Whole ones, as Kubernetes wants them. */
export function podGrace(grace: number): number {
  return Math.ceil(grace) + limits.reportSeconds;
}
