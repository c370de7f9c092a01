import { Fault, faultStatus } from '../base/fault.ts';
import { log } from '../base/log.ts';
import type { JobReport } from '../observe/job-report.ts';
import { findReport, reportRecord } from '../report/spool/find-report.ts';
import type { Spool } from '../report/spool/spool.ts';
import { contradictionOf } from './contradiction-of.ts';
import { correctReport } from './correct-report.ts';
import { jobContainers } from './job-containers.ts';
import { stopRecord } from './stop-record.ts';

/**
 * How the job ended, as an earlier reporter found; null if there is no such report, or if the job may have forged it: then
 * the job is followed, and the volume shows again how it ended.
 *
 * @throws Fault `usage` if a spool that no job can reach belongs to another job
 */
export async function believableReport(spool: Spool, jobId: number | null): Promise<JobReport | null> {
  const found = await findReport(spool);
  if (found === null) return null;
  const ofOther = found.jobId !== null && jobId !== null && found.jobId !== jobId;
  // A container that was given up may have exited since.
  const report = ofOther ? found : ((await correctReport(spool, found)) ?? found);
  if (spool.isPrivate) {
    if (ofOther) throw new Fault('usage', ofAnotherJob(spool, report, jobId));
    return report;
  }
  const reason = ofOther
    ? `it belongs to job ${report.jobId}`
    : await disbelief(report, spool, spool.readRecord(stopRecord) !== null);
  if (reason === null) return report;
  log(`Ignoring ${spool.home?.root}/report/${reportRecord}: ${reason}; following the job instead`);
  return null;
}

/** The message for a user who gave the wrong spool or the wrong job. */
export function ofAnotherJob({ home }: Spool, report: JobReport, jobId: number | null): string {
  return `The spool in ${home?.root} belongs to job ${report.jobId}, but MULTIFLEXI_JOB_ID is ${jobId}`;
}

/**
 * Why a report in a spool that a job can reach is not trusted, a clause; null if it fits the job and the volume.
 * @param isPatient as for `contradictionOf`
 */
export async function disbelief(report: JobReport, spool: Spool, isPatient: boolean): Promise<string | null> {
  const names = await namesOf(spool);
  const isRefused = report.containers.length === 0 && report.exitCode === faultStatus.template;
  if (names === null && isRefused) return null;
  const reported = report.containers.map(({ name }) => name);
  if (names === null || [...names].sort().join() !== reported.sort().join())
    return 'its containers do not match those of the job';
  return contradictionOf(report, spool.volume, isPatient);
}

async function namesOf(spool: Spool): Promise<readonly string[] | null> {
  try {
    return await jobContainers(spool);
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}
