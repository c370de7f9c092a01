import type { Condition, JobResource, JobStatus } from '../job-resource.ts';

/** Whether MultiFlexi knows a job's end; null: nobody knows. */
export type Reported = boolean | null;

type Known = Pick<Condition, 'status' | 'reason'>;

/** What the operator does about a row that no reporter has finished: its reason, as long as it is to be done. */
const pending = 'Pending';

/**
 * The condition `Reported` of a job that has just ended; null: nobody is to report it.
 *
 * @param reported by its reporter
 */
export function reportedAtEnd({ spec }: JobResource, reported: Reported): Known | null {
  const { jobId, secretRef, report = 'Full' } = spec.multiflexi ?? {};
  if (secretRef === undefined || report === 'None') return null;
  if (reported === true) return { status: 'True', reason: 'Delivered' };
  const status = reported === null ? 'Unknown' : 'False';
  if (jobId !== undefined && report === 'Full') return { status, reason: pending };
  return { status, reason: reported === null ? 'ReporterGone' : 'NotDelivered' };
}

/** Whether the operator has yet to report a job's end. */
export function isPending({ conditions }: JobStatus): boolean {
  return conditions.some(({ type, reason }) => type === 'Reported' && reason === pending);
}

/** What becomes of such a condition. @param told `known`: the row had an end already */
export function reportedAfterwards(status: JobStatus, told: 'stored' | 'known' | 'never'): Known {
  const { conditions, phaseHistory, attempts } = status;
  const isUnknown = conditions.some(({ type, status }) => type === 'Reported' && status === 'Unknown');
  const hasRun = phaseHistory.some(({ attempt, phase }) => attempt === attempts && phase === 'Executing');
  // Where there was no reporter, it was the operator, before it was stopped.
  if (told === 'stored' || (told === 'known' && !hasRun))
    return { status: 'True', reason: 'ReportedByOperator' };
  // What its reporter could not deliver besides is not delivered.
  if (told === 'known' && isUnknown) return { status: 'True', reason: 'Delivered' };
  return isUnknown
    ? { status: 'Unknown', reason: 'ReporterGone' }
    : { status: 'False', reason: 'NotDelivered' };
}
