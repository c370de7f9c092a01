import type { JobReport } from '../../observe/job-report.ts';
import type { Spool } from './spool.ts';

/** The spool's record of how the job ended. */
export const reportRecord = 'report.json';

/** The spool's record that every destination has what can be known of the job. */
export const deliveredRecord = 'delivered.json';

/** The report of an earlier `wait`; null if there is no such record, or it is not a report. */
export async function findReport(spool: Spool): Promise<JobReport | null> {
  const record = spool.readRecord(reportRecord);
  if (record === null) return null;
  const { checkReport } = await import('./report-schema.ts');
  return checkReport(record);
}
