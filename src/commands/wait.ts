import { setFlagsFromString } from 'node:v8';
import { Fault, faultStatus } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { pauseFor } from '../base/timer.ts';
import { requireMounted } from '../contract/require-mounted.ts';
import type { TemplateText } from '../init/template-text.ts';
import { hideFromOthers } from '../kernel/hide-from-others.ts';
import { canOpen, openManyFiles } from '../kernel/open-files.ts';
import { HoldTime } from '../mirror/hold-time.ts';
import { VolumeTaken } from '../mirror/volume-taken.ts';
import { concludeJob, refuseJob } from '../observe/job-report.ts';
import { openVolume } from '../observe/open-volume.ts';
import { Delivery } from '../report/delivery.ts';
import { reportRecord } from '../report/spool/find-report.ts';
import { openSpool } from '../report/spool/open-spool.ts';
import type { Spool } from '../report/spool/spool.ts';
import { SpooledJob } from '../report/spool/spooled-job.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { type ReportSettings, reportSettings } from '../settings/destinations/report-settings.ts';
import { type WaitSettings, waitSettings } from '../settings/verbs/wait-settings.ts';
import { believableReport } from '../wait/believable-report.ts';
import { deliverEnded, type EndedJob } from '../wait/deliver-ended.ts';
import { FollowedJob } from '../wait/followed-job.ts';
import { jobContainers } from '../wait/job-containers.ts';
import { JobStop } from '../wait/job-stop.ts';
import { leaveVerdict } from '../wait/leave-verdict.ts';
import { StopRequests } from '../wait/stop-requests.ts';
import { budgetAfterSignal, planBudget } from '../wait/time-budget.ts';

/** The state of one wait. */
interface Wait {
  readonly settings: WaitSettings & ReportSettings;
  readonly spool: Spool;
  readonly delivery: Delivery;
  /** Makes another delivery to the same destinations. */
  readonly again: () => Delivery;
  readonly requests: StopRequests;
  /** When it started, ms since 1970. */
  readonly startedAt: number;
}

/**
 * `emissary wait`: follows the job and reports it while it runs, stops it on timeout, gathers its results, and delivers
 * them.
 * @returns 0 if everything was delivered, else 64
 * @throws Fault if there is no job to follow
 */
export async function wait(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  // The reporter shares the pod's memory with the job: this halves its use, for slightly more garbage collection.
  setFlagsFromString('--semi-space-growth-factor=1');
  // It opens four files per container.
  openManyFiles();
  if (!canOpen(limits.minOpenFiles)) throw new Fault('volume', tooFewFiles);
  const requests = new StopRequests(invocation.ignored);
  const startedAt = Date.now();
  const settings = { ...waitSettings(invocation, args), ...reportSettings(invocation.environment) };
  requireMounted(settings.root);
  hideFromOthers();
  const place = { directory: settings.spoolDirectory, noWait: requests.early };
  const spool = await openSpool(openVolume(settings.root, await givenText(settings.template)), place);
  const again = () => new Delivery(settings, spool, invocation.print);
  const taken = watchTaken({ spool, settings });
  const wait: Wait = { settings, spool, delivery: again(), again, requests, startedAt };
  // An earlier reporter may have been killed after the job's end: then there is nothing to wait for.
  const report = await believableReport(spool, settings.jobId);
  if (report !== null) leaveVerdict(settings.terminationLog, report);
  const delivered =
    report === null
      ? await followOrRefuse(wait)
      : await deliverSpooled(wait, new SpooledJob(spool, report, settings));
  await holdOn(wait, taken);
  return delivered ? 0 : faultStatus.delivery;
}

/** Whether a receiver has taken the volume; null: there is none to come. */
type Taken = { readonly promise: Promise<null>; close(): void } | null;

/** From the beginning: a receiver may be done before the report is. */
function watchTaken({ spool, settings }: Pick<Wait, 'spool' | 'settings'>): Taken {
  if (settings.holdMs === null) return null;
  const { promise, resolve } = Promise.withResolvers<null>();
  const taken = new VolumeTaken(spool.volume, () => resolve(null));
  return { promise, close: () => taken.close() };
}

/** Keeps the volume for its receiver. What it does not take costs no report. */
async function holdOn({ settings, requests }: Wait, taken: Taken): Promise<void> {
  if (taken === null || settings.holdMs === null) return;
  const { promise, resolve } = Promise.withResolvers<string>();
  const time = new HoldTime({ holdMs: settings.holdMs, graceMs: settings.graceMs }, resolve);
  requests.listen(() => time.requested());
  time.jobEnded();
  const reason = await Promise.race([promise, taken.promise]);
  time.cancel();
  taken.close();
  if (reason !== null) return log(reason);
  // The sender is still telling its receiver: it would end with this container.
  await pauseFor(limits.holdLingerMs);
}

/** Where no `init` has prepared the volume, each container has the template itself. */
async function givenText(given: WaitSettings['template']): Promise<TemplateText | null> {
  return given === null ? null : (await import('../init/template-text.ts')).readTemplateText(given);
}

const tooFewFiles = `Cannot follow the job: fewer than ${limits.minOpenFiles} more files can be opened; raise the limit (ulimit -n)`;

/** An unreadable template ends the job, since the wrappers reject it, too; MultiFlexi must get that reported. */
async function followOrRefuse(wait: Wait): Promise<boolean> {
  const { settings, spool } = wait;
  let names: readonly string[];
  try {
    names = await jobContainers(spool);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    log(error.message, 'error');
    const report = refuseJob(settings.jobId, error.message);
    spool.writeRecord(reportRecord, report);
    leaveVerdict(settings.terminationLog, report);
    await deliverSpooled(wait, new SpooledJob(spool, report, settings));
    return false;
  }
  return followAndDeliver(wait, names);
}

async function followAndDeliver(wait: Wait, names: readonly string[]): Promise<boolean> {
  const { settings, spool, delivery, requests, startedAt } = wait;
  spool.takeReserve();
  const job = new FollowedJob(spool, names, settings, () => delivery.wake());
  const stop = new JobStop(job, spool);
  const budget = planBudget(settings, startedAt);
  if (!stop.resume(settings) && budget !== null) stop.schedule(budget);
  requests.listen(() => {
    // A second request changes nothing, and one after the job's end only limits the delivery.
    if (stop.reason === null && !job.ended)
      stop.schedule(budgetAfterSignal(settings.graceMs, settings.budgetMs, Date.now()));
    else delivery.limit(lastMs(settings));
  });
  await delivery.start(job);
  await job.untilEnded();
  stop.cancel();
  const report = concludeJob(settings.jobId, job.states, job.started, stop.reason);
  job.report = report;
  spool.writeRecord(reportRecord, report);
  leaveVerdict(settings.terminationLog, report);
  spool.freeReserve();
  return deliver(wait, Object.assign(job, { report }), stop.reportMs);
}

/** Ms for the report after the reporter was stopped: the pod's grace, with a minimum. */
function lastMs({ graceMs }: WaitSettings): number {
  return Math.max(graceMs, limits.minBudgetMs);
}

async function deliverSpooled(wait: Wait, job: SpooledJob): Promise<boolean> {
  const { settings, delivery, requests } = wait;
  requests.listen(() => delivery.limit(lastMs(settings)));
  await delivery.start(job);
  return deliver(wait, job, Number.POSITIVE_INFINITY);
}

async function deliver(wait: Wait, job: EndedJob & { close(): void }, limitMs: number): Promise<boolean> {
  const { settings, spool, delivery, requests } = wait;
  const again = () => {
    const second = wait.again();
    requests.listen(() => second.limit(lastMs(settings)));
    return second;
  };
  try {
    return await deliverEnded(job, { spool, delivery, again, limitMs });
  } finally {
    job.close();
  }
}
