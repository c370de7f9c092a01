import { Fault, faultStatus } from '../base/fault.ts';
import { log } from '../base/log.ts';
import type { JobReport } from '../observe/job-report.ts';
import { findReport, reportRecord } from '../report/spool/find-report.ts';
import type { Spool } from '../report/spool/spool.ts';
import { contradictionOf } from './contradiction-of.ts';
import { correctReport } from './correct-report.ts';
import { jobContainers } from './job-containers.ts';
import { stopRecord } from './job-stop.ts';

/**
 * How the job ended, as an earlier sidecar has found; null when none has, or when the job may have written that itself:
 * then it is followed, and what is on the volume tells it anew.
 *
 * @throws Fault `usage` when a spool that no job can reach is of another job
 */
export async function believableReport(spool: Spool, jobId: number | null): Promise<JobReport | null> {
  const found = await findReport(spool);
  if (found === null) return null;
  const ofOther = found.jobId !== null && jobId !== null && found.jobId !== jobId;
  // What was given up may have ended since.
  const report = ofOther ? found : ((await correctReport(spool, found)) ?? found);
  if (spool.isPrivate) {
    if (ofOther) throw new Fault('usage', ofAnotherJob(spool, report, jobId));
    return report;
  }
  const reason = ofOther
    ? `it is of job ${report.jobId}`
    : await disbelief(report, spool, spool.readRecord(stopRecord) !== null);
  if (reason === null) return report;
  log(`${spool.home?.root}/report/${reportRecord} is not believed, and the job is followed: ${reason}`);
  return null;
}

/** For a person who has given the wrong spool, or the wrong job. */
export function ofAnotherJob({ home }: Spool, report: JobReport, jobId: number | null): string {
  return `The spool in ${home?.root} is of job ${report.jobId}, but MULTIFLEXI_JOB_ID is ${jobId}`;
}

/**
 * Why a report of a spool that a job can reach is not believed, a clause; null when it fits the job and the volume.
 * @param isPatient as for `contradictionOf`
 */
export async function disbelief(report: JobReport, spool: Spool, isPatient: boolean): Promise<string | null> {
  const names = await namesOf(spool);
  const isRefused = report.containers.length === 0 && report.exitCode === faultStatus.template;
  if (names === null && isRefused) return null;
  const reported = report.containers.map(({ name }) => name);
  if (names === null || [...names].sort().join() !== reported.sort().join())
    return 'its containers are not those of the job';
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
