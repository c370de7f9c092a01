import type { JobReport } from '../observe/job-report.ts';

/** The end of a job that no reporter has reported. */
export interface UnreportedEnd {
  readonly jobId: number;
  readonly exitCode: number;
  /** Why: one sentence, which becomes a line of the job's output. */
  readonly message: string;
  /** RFC 3339, UTC. */
  readonly endedAt: string;
  /** What the row holds is the end of an earlier attempt. */
  readonly replaces: boolean;
}

/** `known`: the row had an end already. */
export type EndStored = 'stored' | 'known';

/** Such an end as a reporter would report it. */
export function reportOfEnd({ jobId, exitCode, message, endedAt }: UnreportedEnd): JobReport {
  const found = { verdict: 'error', exitCode, message, pid: null } as const;
  const main = { ...found, name: 'main', finishedAt: endedAt, result: null, doubt: null };
  return { ...found, version: 1, jobId, started: null, containers: [main] };
}
