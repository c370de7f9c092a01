import { Fault } from '../base/fault.ts';
import type { JobReport } from './job-report.ts';
import type { Spool } from './spool.ts';

/** The spool's record of how the job ended. */
export const reportRecord = 'report.json';

/**
 * What an earlier `wait` gathered.
 * @throws Fault `delivery` when there is none
 */
export async function readReport(spool: Spool): Promise<JobReport> {
  const record = spool.readRecord(reportRecord);
  const { checkReport } = await import('./report-schema.ts');
  const report = checkReport(record);
  if (report !== null) return report;
  const where = `${spool.volume.root}/report/${reportRecord}`;
  throw new Fault(
    'delivery',
    `There is nothing to deliver: ${where} is missing or is not a report; has wait ended?`,
  );
}
