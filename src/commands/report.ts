import { Fault } from '../base/fault.ts';
import { say } from '../base/log.ts';
import { Courier } from '../report/courier.ts';
import { openVolume } from '../report/open-volume.ts';
import { readReport } from '../report/read-report.ts';
import { openSinks } from '../report/sinks.ts';
import { Spool } from '../report/spool.ts';
import { SpooledJob } from '../report/spooled-job.ts';
import { readCommandLine, sourceOf } from '../settings/command-line.ts';
import type { Edge } from '../settings/edge.ts';
import { reportSettings } from '../settings/report-settings.ts';
import { rootDirectory } from '../settings/values.ts';

/**
 * `emissary report`: delivers what an earlier `wait` gathered, as far as it is not delivered yet.
 * @returns 0 when everything was delivered, else 64
 */
export async function report(edge: Edge, words: readonly Buffer[]): Promise<number> {
  const line = readCommandLine('report', words, edge.environment);
  if (line.operands.length > 0 || line.command !== null) {
    throw new Fault(
      'usage',
      `report takes no operands, found "${line.operands[0] ?? '--'}"; see emissary report --help`,
    );
  }
  const root = rootDirectory(
    line.value('root') ?? '/var/run/argo',
    sourceOf('root', words, edge.environment),
  );
  const settings = reportSettings(edge.environment);
  const volume = openVolume(root);
  const spool = new Spool(volume);
  const gathered = await readReport(spool);
  if (gathered.jobId !== null && settings.jobId !== null && gathered.jobId !== settings.jobId) {
    throw new Fault(
      'usage',
      `The spool in ${root} is of job ${gathered.jobId}, but MULTIFLEXI_JOB_ID is ${settings.jobId}`,
    );
  }
  const job = new SpooledJob(volume, gathered);
  const sinks = await openSinks(settings, spool);
  const outcomes = await Promise.all(sinks.map((sink) => new Courier(sink, job).finish(settings.budgetMs)));
  job.close();
  if (sinks.length === 0) {
    say('No server is set: the result goes to the standard output and stays in the spool');
    edge.print(`${JSON.stringify(job.report)}\n`);
  }
  return outcomes.every((outcome) => outcome === null) ? 0 : 64;
}
