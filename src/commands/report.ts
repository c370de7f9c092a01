import { Fault, faultStatus } from '../base/fault.ts';
import { hideFromOthers } from '../kernel/undumpable.ts';
import { deliverEnded } from '../report/deliver-ended.ts';
import { Delivery } from '../report/delivery.ts';
import { correctReport } from '../report/late-seals.ts';
import { openVolume } from '../report/open-volume.ts';
import { findReport, reportRecord } from '../report/read-report.ts';
import { Spool } from '../report/spool.ts';
import { SpooledJob } from '../report/spooled-job.ts';
import { readCommandLine, refuseOperands, sourceOf } from '../settings/command-line.ts';
import type { Edge } from '../settings/edge.ts';
import { reportSettings } from '../settings/report-settings.ts';
import { rootDirectory } from '../settings/values.ts';

/**
 * `emissary report`: delivers what an earlier `wait` gathered, as far as it is not delivered yet.
 * @returns 0 when everything was delivered, else 64
 */
export async function report(edge: Edge, words: readonly Buffer[]): Promise<number> {
  hideFromOthers();
  const line = readCommandLine('report', words, edge.environment);
  refuseOperands('report', line);
  const root = rootDirectory(line.value('root'), sourceOf('root', words, edge.environment));
  const settings = reportSettings(edge.environment);
  const volume = openVolume(root);
  const spool = new Spool(volume);
  const gathered = await findReport(spool);
  if (gathered === null) {
    throw new Fault(
      'delivery',
      `There is nothing to deliver: ${root}/report/${reportRecord} is not there or not a report; "emissary wait" gathers one`,
    );
  }
  if (gathered.jobId !== null && settings.jobId !== null && gathered.jobId !== settings.jobId) {
    throw new Fault(
      'usage',
      `The spool in ${root} is of job ${gathered.jobId}, but MULTIFLEXI_JOB_ID is ${settings.jobId}`,
    );
  }
  const job = new SpooledJob(volume, (await correctReport(spool, gathered)) ?? gathered, settings.outputRows);
  const again = () => new Delivery(settings, spool, edge.print);
  const delivery = again();
  await delivery.start(job);
  const limitMs = Number.POSITIVE_INFINITY;
  const delivered = await deliverEnded(job, { spool, delivery, again, limitMs });
  job.close();
  return delivered ? 0 : faultStatus.delivery;
}
