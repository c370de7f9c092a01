import { say } from '../base/log.ts';
import { Courier } from '../report/courier.ts';
import { FollowedJob } from '../report/follow-job.ts';
import { concludeJob } from '../report/job-report.ts';
import { openVolume } from '../report/open-volume.ts';
import { reportRecord } from '../report/read-report.ts';
import { readTemplate } from '../report/read-template.ts';
import { openSinks } from '../report/sinks.ts';
import { Spool } from '../report/spool.ts';
import type { Edge } from '../settings/edge.ts';
import { reportSettings } from '../settings/report-settings.ts';
import { mainContainers } from '../settings/template.ts';
import { waitSettings } from '../settings/wait-settings.ts';

/**
 * `emissary wait`: follows the job, reports it while it runs, stops it when its time is over, gathers what it left and
 * delivers that.
 *
 * @returns 0 when everything was delivered, else 64
 */
export async function wait(edge: Edge, words: readonly Buffer[]): Promise<number> {
  const settings = waitSettings(edge, words);
  const report = reportSettings(edge.environment);
  const volume = openVolume(settings.root);
  const spool = new Spool(volume);
  const template = await readTemplate(volume);
  const couriers: Courier[] = [];
  const job = new FollowedJob(volume, mainContainers(template), () => {
    for (const courier of couriers) courier.wake();
  });
  const sinks = await openSinks(report, spool);
  couriers.push(...sinks.map((sink) => new Courier(sink, job)));

  await job.untilEnded();
  job.report = concludeJob(report.jobId, job.states, job.started, false);
  spool.writeRecord(reportRecord, job.report);
  const outcomes = await Promise.all(couriers.map((courier) => courier.finish(report.budgetMs)));
  job.close();
  if (sinks.length === 0) {
    say('No server is set: the result goes to the standard output and stays in the spool');
    edge.print(`${JSON.stringify(job.report)}\n`);
  }
  return outcomes.every((outcome) => outcome === null) ? 0 : 64;
}
