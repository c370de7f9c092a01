import { Fault, faultStatus } from '../base/fault.ts';
import { programName } from '../base/program-name.ts';
import { hideFromOthers } from '../kernel/hide-from-others.ts';
import { openVolume } from '../observe/open-volume.ts';
import { Delivery } from '../report/delivery.ts';
import { findReport, reportRecord } from '../report/spool/find-report.ts';
import { openKeptSpool } from '../report/spool/open-spool.ts';
import { SpooledJob } from '../report/spool/spooled-job.ts';
import { readCommandLine, rejectOperands, sourceOf } from '../settings/cli/command-line.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { rootDirectory } from '../settings/cli/values.ts';
import { reportSettings } from '../settings/destinations/report-settings.ts';
import { mountedTemplate } from '../settings/verbs/given-template.ts';
import { disbelief, ofAnotherJob } from '../wait/believable-report.ts';
import { correctReport } from '../wait/correct-report.ts';
import { deliverEnded } from '../wait/deliver-ended.ts';

/**
 * `emissary report`: delivers what an earlier `wait` gathered and could not deliver.
 * @returns 0 if everything was delivered, else 64
 */
export async function report(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  hideFromOthers();
  const line = readCommandLine('report', args, invocation.environment);
  rejectOperands('report', line);
  const root = rootDirectory(line.value('root'), sourceOf('root', args, invocation.environment));
  const settings = reportSettings(invocation.environment);
  const given = mountedTemplate(line, invocation, args);
  const text = given === null ? null : (await import('../init/template-text.ts')).readTemplateText(given);
  const volume = openVolume(root, text);
  const spool = openKeptSpool(volume, settings.spoolDirectory);
  const gathered = await findReport(spool);
  if (gathered === null) {
    throw new Fault(
      'delivery',
      `Nothing to deliver: ${spool.home?.root}/report/${reportRecord} does not exist or is not a report; run "${programName} wait" to gather one`,
    );
  }
  if (gathered.jobId !== null && settings.jobId !== null && gathered.jobId !== settings.jobId) {
    throw new Fault('usage', ofAnotherJob(spool, gathered, settings.jobId));
  }
  const corrected = (await correctReport(spool, gathered)) ?? gathered;
  const contradiction = spool.isPrivate ? null : await disbelief(corrected, spool, true);
  if (contradiction !== null) {
    const place = `${root}/report/${reportRecord}`;
    throw new Fault(
      'delivery',
      `Cannot deliver ${place}: ${contradiction}; run "${programName} wait --root ${root}" to gather it again`,
    );
  }
  const job = new SpooledJob(spool, corrected, settings);
  const again = () => new Delivery(settings, spool, invocation.print);
  const delivery = again();
  await delivery.start(job);
  const limitMs = Number.POSITIVE_INFINITY;
  const delivered = await deliverEnded(job, { spool, delivery, again, limitMs });
  job.close();
  return delivered ? 0 : faultStatus.delivery;
}
