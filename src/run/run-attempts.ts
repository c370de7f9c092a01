import { Fault, messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { after, afterRunning, nextTurn, pause } from '../base/timer.ts';
import type { ContainerLayout } from '../contract/layout.ts';
import { publish } from '../contract/publish.ts';
import type { Started } from '../contract/records.ts';
import { mainContainers, type Template } from '../settings/template/template.ts';
import type { Secrets } from './mask/mask.ts';
import { exitCodeOf, signalOf } from './outcome.ts';
import type { Run } from './run-context.ts';
import { volumeKind } from './seal/spare-room.ts';
import { type AttemptEnd, type Job, supervise } from './supervise.ts';
import { verdictOf } from './verdict.ts';

/**
 * Starts the job, and again where the template allows it, unless it was asked to end.
 * @returns the last attempt's end; null when it was asked to end before the first
 */
export async function runAttempts(run: Run, job: Job, template: Template): Promise<AttemptEnd | null> {
  const { stopController, record, reaper } = run;
  let end = stopController.cause === null ? await attempt(run, job, template) : null;
  for (
    let left = template.retry.attempts - 1;
    left > 0 && end !== null && isWorthAnother(end, run);
    left -= 1
  ) {
    await reaper.endLeftovers();
    await pause(template.retry.delaySeconds * 1000, stopController.cancelled);
    // After a standstill the delay is over before the signals that came meanwhile are seen.
    await nextTurn();
    await nextTurn();
    // Asked to end between two attempts: the last one's failure stands, and so does the request.
    if (stopController.cause !== null) return { ...end, cause: stopController.cause };
    try {
      end = await attempt(run, job, template);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // The job's own failure wins over one of ours that came after it.
      log(`${record.masked(error.message)}; the failure of the attempt before stands`);
      await reaper.endLeftovers();
      return { ...end, cause: stopController.cause };
    }
  }
  return end;
}

async function attempt(run: Run, job: Job, template: Template): Promise<AttemptEnd> {
  const end = await supervise(job, {
    ...run,
    onStart: (pid) => started(run, template, pid),
    onEnd: (end) => tellEnd(run, end),
  });
  run.record.addAttempt(end.outcome);
  return end;
}

/** Never throws. */
function tellEnd({ record, stopController, endRecord }: Run, end: AttemptEnd): void {
  endRecord.publish({
    attempt: record.attempt,
    exitCode: exitCodeOf(end.outcome),
    signal: signalOf(end.outcome),
    finishedAt: record.ended(),
    verdict: verdictOf(end, stopController),
    origin: 'job',
  });
}

function isWorthAnother(end: AttemptEnd, { stopController }: Run): boolean {
  return end.outcome.kind !== 'notStarted' && verdictOf(end, stopController) === 'failed';
}

/** The job runs: this is told, and what it did not need for its start begins. Never throws. */
function started(run: Run, template: Template, pid: number): void {
  const { record, container, stopController } = run;
  const { attempt } = record;
  record.started(pid);
  const started: Started = { pid, startedAt: record.attemptAt, attempt };
  // First of all: until then a real-time signal would end us, and the job knows who its parent is.
  run.catchRealtimeSignals();
  attempting(container, () => publish(container.started, JSON.stringify(started)));
  attempting(container, () => run.endRecord.reserve());
  attempting(container, () => run.seal.reserveMore());
  if (attempt > 1) return;
  warnOfUnmasked(run.secrets());
  // A job that ends at once is sealed before anything is loaded that it does not need.
  const settled = after(limits.settleMs, () => {
    run.watch();
    attempting(container, () => reserveOnDisk(run));
  });
  run.over.signal.addEventListener('abort', () => settled.cancel());
  if (run.settings.timeoutMs > 0) {
    const timer = afterRunning(run.settings.timeoutMs, () => stopController.stop('timeout'));
    run.over.signal.addEventListener('abort', () => timer.cancel());
  }
  if (template.sidecars.includes(run.settings.name)) void endWithMains(run, template);
}

/** What takes more on a disk than in memory to be sure of the end. @throws the operating system's error */
function reserveOnDisk({ container, seal, endRecord }: Run): void {
  const kind = volumeKind(container.directory);
  if (kind === 'copyOnWrite') endRecord.unwrite();
  seal.reserveSpare(kind);
}

function attempting({ directory }: ContainerLayout, write: () => void): void {
  try {
    write();
  } catch (error) {
    log(`cannot write to ${directory}: ${messageOf(error)}; the job goes on`);
  }
}

/** A sidecar of the template ends once every main container has its seal, or is lost. */
async function endWithMains(run: Run, template: Template): Promise<void> {
  const { signal } = run.over;
  try {
    const { waitForEnds } = await import('./dependencies.ts');
    await waitForEnds(run.layout, mainContainers(template), { firstFailure: false, signal });
    if (!signal.aborted) run.stopController.stop('mains');
  } catch (error) {
    log(`cannot watch the main containers: ${messageOf(error)}`);
  }
}

function warnOfUnmasked({ unmasked, unencoded }: Secrets): void {
  if (unmasked.length > 0) {
    log(`not masked, since their values are short or common words: ${unmasked.join(', ')}`);
  }
  if (unencoded.length > 0)
    log(`masked only as they stand, and not encoded, since they are large: ${unencoded.join(', ')}`);
}
