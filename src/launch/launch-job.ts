import { existsSync } from 'node:fs';
import { errnoOf, Fault, faultStatus, messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { Volume } from '../contract/volume.ts';
import { doubtsOf, type JobReport } from '../observe/job-report.ts';
import { hasDestination } from '../settings/verbs/launch-report.ts';
import { factsOf, tellEvents } from './job/engine-facts.ts';
import { Interrupted, LeftJob } from './job/interrupted.ts';
import type { LaunchedJob } from './job/launched-job.ts';
import { recordedCode } from './job/recorded-code.ts';
import { runAttempts } from './job/run-attempts.ts';
import { type JobEnd, showOutput } from './job/run-job.ts';
import { takeResults } from './job/take-results.ts';

/**
 * Runs one job in its engine from its start, or from where an earlier launcher was killed, to its report.
 *
 * @returns the exit status of the launcher: the job's; 64 where it succeeded and was not reported
 * @throws Fault if it could not be run; nothing is left of it then
 */
export async function launchJob(job: LaunchedJob): Promise<number> {
  if (job.record.stage === 'ended') return finishEnded(job);
  let end: JobEnd;
  try {
    end = await runAttempts(job);
  } catch (error) {
    if (error instanceof LeftJob) {
      job.directory.release();
      job.screen.abandon();
      // Not the end of the job: nobody may take it for success.
      return job.interrupts.status ?? faultStatus.supervision;
    }
    await leave(job);
    if (error instanceof Interrupted) return error.status;
    throw error;
  }
  job.screen.stop();
  return conclude(job, end);
}

/** Its launcher was killed while it removed the job: the output that is still there is shown, and the job never runs twice. */
async function finishEnded(job: LaunchedJob): Promise<number> {
  job.screen.note('emissary: The job was launched before, and has ended');
  await showOutput(job).catch(() => undefined);
  job.screen.stop();
  await leave(job);
  return job.record.exitCode ?? faultStatus.delivery;
}

/** Takes the results, and removes the job, or says what is kept and why. */
async function conclude(job: LaunchedJob, { report, delivered }: JobEnd): Promise<number> {
  const isGone = !existsSync(job.root);
  if (isGone)
    job.screen.note('emissary: The job has removed its own volume, and the results on it', 'warning');
  else copyResults(job, report);
  await tellEnd(job, report);
  const exitCode = (await recordedCode(job, report)) ?? statusOf(report);
  const facts = exitCode === 0 ? null : await factsOf(job);
  tellEvents(job, report === null || report.verdict === 'lost' ? facts : null);
  if (report === null ? !isGone : !delivered) {
    await keepUnreported(job);
    return exitCode === 0 ? faultStatus.delivery : exitCode;
  }
  const keeps = keepsOf(job, exitCode);
  const { verdict, message } = report ?? { verdict: null, message: null };
  job.advance('ended', { exitCode, verdict, message, kept: keeps, facts });
  if (keeps) {
    job.screen.note(`emissary: Kept: the volume ${job.root}${containerOf(job)}`);
    job.directory.release();
  } else {
    await leave(job);
  }
  return exitCode;
}

async function keepUnreported(job: LaunchedJob): Promise<void> {
  job.screen.note(
    `emissary: Not everything was reported; the job's volume is kept in ${job.root}; ` +
      'multiflexi-emissary list --clean reports it later',
  );
  await quietly(job, () => job.engine.remove(job.container));
  // From here, where that is known: the reporter in the pod is gone.
  const reports = hasDestination(Object.fromEntries(job.settings.sidecar ?? []));
  if (job.record.sidecar === true) job.advance('starting', { sidecar: false, reports });
  job.directory.release();
}

function keepsOf({ settings: { keep } }: LaunchedJob, exitCode: number): boolean {
  return keep === 'always' || (keep === 'failed' && exitCode !== 0);
}

/** The job's exit code; a success of which something may be missing is none. */
function statusOf(report: JobReport | null): number {
  if (report === null || (report.exitCode === 0 && doubtsOf(report).length > 0)) return faultStatus.delivery;
  return report.exitCode;
}

function copyResults(job: LaunchedJob, report: JobReport | null): void {
  const volume = new Volume(job.root);
  const { copyReport, collect } = job.settings;
  const wanted = { resultFile: job.plan.resultFile, copyReport, collect };
  for (const problem of takeResults(volume, report, wanted))
    job.screen.note(`emissary: ${problem}`, 'warning');
  volume.close();
}

function containerOf({ engine, container }: LaunchedJob): string {
  if (container.image === null) return '';
  const how = engine.lookedAtBy?.(container);
  return `, and the container ${container.name}${how === undefined ? '' : `; to look at it: ${how}`}`;
}

/** What the job's own output does not tell. */
async function tellEnd(job: LaunchedJob, report: JobReport | null): Promise<void> {
  if (report === null) return;
  const { verdict, message, exitCode } = report;
  const isOurs = verdict === 'lost' || verdict === 'timedOut' || verdict === 'error' || verdict === 'skipped';
  // What has failed may have been ended by its engine.
  const reason = exitCode === 0 ? null : await reasonOfEngine(job);
  const isCut = report.containers.some(({ result }) => result?.stdout.truncated || result?.stderr.truncated);
  if (isCut)
    job.screen.note(
      "emissary: The output is incomplete: the job's volume could not take all of it",
      'warning',
    );
  if (isOurs && message !== null) job.screen.note(`emissary: ${message}`, 'warning');
  // A job that nobody has stopped here.
  const isOdd = verdict === 'lost' || (verdict === 'terminated' && job.interrupts.status === null);
  const suspicion = isOdd ? (job.engine.suspicion?.() ?? null) : null;
  if (suspicion !== null) job.screen.note(`emissary: ${suspicion}`, 'warning');
  if (reason !== null) job.screen.note(`emissary: The engine says about the container: ${reason}`, 'warning');
}

/** What the engine knows about the end of the container; null: nothing special. */
async function reasonOfEngine({ engine, container }: LaunchedJob): Promise<string | null> {
  const late = AbortSignal.timeout(limits.engineReasonMs);
  const look = async () => {
    const state = await engine.look(container);
    // An engine may know the end a little later than the volume does.
    return state.kind === 'running' ? engine.ended(container, late) : state;
  };
  const state = await look().catch(() => null);
  if (state?.kind === 'absent' && container.image !== null) return 'somebody has removed it';
  return state?.kind === 'ended' ? state.reason : null;
}

/** Removes everything. A step that fails costs no result: it is a warning. */
export async function leave(job: LaunchedJob): Promise<void> {
  const removed = await quietly(job, () => job.engine.remove(job.container));
  const { stage } = job.record;
  if (!removed && (stage === 'starting' || stage === 'ended')) {
    // Whoever comes next has to find it, and removes it; the engine may start it yet.
    if (stage === 'starting') job.advance('creating');
    job.directory.release();
  } else {
    await quietly(job, () => removeDirectory(job));
  }
}

async function removeDirectory({ directory, engine }: LaunchedJob): Promise<void> {
  try {
    directory.remove();
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno !== 'EACCES' && errno !== 'EPERM')
      throw new Fault('volume', `Cannot remove ${directory.path}: ${messageOf(cause)}`, { cause });
    // Files of the job's users, which only the engine may remove.
    await engine.removeFiles(directory.volume);
    directory.remove();
  }
}

/** @returns whether it was done */
async function quietly(job: LaunchedJob, step: () => Promise<void>): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    job.screen.note(`emissary: ${messageOf(error)}`, 'warning');
    return false;
  }
}
