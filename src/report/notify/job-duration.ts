import type { JobReport } from '../../observe/job-report.ts';

/** How long the job ran, from its first start to its last end, in seconds; null if the records do not contain it. */
export function durationSeconds(report: JobReport): number | null {
  const starts = report.containers.flatMap(({ result }) => result?.attempts[0]?.startedAt ?? []);
  const ends = report.containers.flatMap(({ result }) => result?.finishedAt ?? []);
  if (starts.length === 0 || ends.length === 0) return null;
  const ms = Math.max(...ends.map(Date.parse)) - Math.min(...starts.map(Date.parse));
  return Math.max(0, ms / 1000);
}
