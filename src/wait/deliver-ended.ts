import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { joinLimited } from '../base/shorten.ts';
import { doubtsOf, type JobReport } from '../observe/job-report.ts';
import type { Delivery } from '../report/delivery.ts';
import type { Progress } from '../report/sink.ts';
import { deliveredRecord } from '../report/spool/find-report.ts';
import type { Spool } from '../report/spool/spool.ts';
import { correctReport, mayBeCorrected } from './correct-report.ts';

/** A job that has ended; its record may still be corrected. */
export interface EndedJob extends Progress {
  report: JobReport;
}

/** What the delivery of an ended job needs. */
export interface Delivering {
  readonly spool: Spool;
  /** The delivery that has started. */
  readonly delivery: Delivery;
  /** Makes another one if the delivered record has to be corrected. */
  readonly again: () => Delivery;
  /** For everything together. */
  readonly limitMs: number;
}

/**
 * Delivers a job that has ended. A seal that appears meanwhile, after its wrapper was given up, corrects the record.
 * @returns whether everything was delivered and nothing in it is doubtful
 */
export async function deliverEnded(
  job: EndedJob,
  { spool, delivery, again, limitMs }: Delivering,
): Promise<boolean> {
  const endsAt = performance.now() + limitMs;
  const first = job.report;
  const stopLooking = lookForSeals(job, spool, delivery);
  let delivered = await delivery.finish(job, limitMs);
  stopLooking();
  await correct(job, spool);
  if (job.report !== first) {
    const second = again();
    await second.start(job);
    delivered = await second.finish(job, Math.max(limits.minBudgetMs, endsAt - performance.now()));
  }
  const doubts = doubtsOf(job.report);
  // The exit status alone would say that something is left to deliver.
  if (delivered && doubts.length > 0) spool.writeRecord(deliveredRecord, { at: new Date().toISOString() });
  if (doubts.length > 0) log(joinLimited(doubts));
  return delivered && doubts.length === 0;
}

async function correct(job: EndedJob, spool: Spool): Promise<boolean> {
  const { report } = job;
  const corrected = await correctReport(spool, report);
  if (corrected === null || job.report !== report) return false;
  job.report = corrected;
  job.output.readOn();
  return true;
}

/** @returns a function that stops the timer */
function lookForSeals(job: EndedJob, spool: Spool, delivery: Delivery): () => void {
  if (!mayBeCorrected(job.report)) return () => undefined;
  const look = async () => {
    if (await correct(job, spool)) delivery.wake();
  };
  const timer = setInterval(() => void look(), limits.lateSealMs);
  return () => clearInterval(timer);
}
