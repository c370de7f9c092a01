import { Fault, messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { after, afterRunning, nextTurn, pause } from '../base/timer.ts';
import type { ContainerLayout } from '../contract/layout.ts';
import { publish } from '../contract/publish.ts';
import type { Started } from '../contract/records.ts';
import { mainContainers, type Template } from '../settings/template/template.ts';
import type { Secrets } from './mask/find-secrets.ts';
import type { Run } from './open-run.ts';
import { exitCodeOf, signalOf } from './outcome.ts';
import { volumeKind } from './seal/spare-space.ts';
import { type AttemptEnd, type Job, supervise } from './supervise.ts';
import { verdictOf } from './verdict.ts';

/**
 * Runs the job, and retries it if the template allows, until the run is stopped.
 * @returns the end of the last attempt; null if the run was stopped before the first
 */
export async function runAttempts(run: Run, job: Job, template: Template): Promise<AttemptEnd | null> {
  const { stopController, record, reaper } = run;
  let end = stopController.cause === null ? await attempt(run, job, template) : null;
  for (
    let left = template.retry.attempts - 1;
    left > 0 && end !== null && isWorthRetrying(end, run);
    left -= 1
  ) {
    await reaper.endLeftovers();
    await pause(template.retry.delaySeconds * 1000, stopController.cancelled);
    // After a freeze the delay has elapsed before the signals received meanwhile are handled.
    await nextTurn();
    await nextTurn();
    // Stopped between two attempts: both the last failure and the stop are reported.
    if (stopController.cause !== null) return { ...end, cause: stopController.cause };
    try {
      end = await attempt(run, job, template);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // A job failure takes precedence over a later emissary failure.
      log(`${record.masked(error.message)}; the previous attempt's failure stands`);
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
    onEnd: (end) => publishEnd(run, end),
  });
  run.record.addAttempt(end.outcome);
  return end;
}

/** Never throws. */
function publishEnd({ record, stopController, endRecord }: Run, end: AttemptEnd): void {
  endRecord.publish({
    attempt: record.attempt,
    exitCode: exitCodeOf(end.outcome),
    signal: signalOf(end.outcome),
    finishedAt: record.ended(),
    verdict: verdictOf(end, stopController),
    origin: 'job',
  });
}

function isWorthRetrying(end: AttemptEnd, { stopController }: Run): boolean {
  return end.outcome.kind !== 'notStarted' && verdictOf(end, stopController) === 'failed';
}

/** Records that the job runs, and starts everything that the job's start did not need. Never throws. */
function started(run: Run, template: Template, pid: number): void {
  const { record, container, stopController } = run;
  const { attempt } = record;
  record.started(pid);
  const started: Started = { pid, startedAt: record.attemptAt, attempt };
  // First: until then a real-time signal would kill this process, and the job knows its parent's pid.
  run.catchRealtimeSignals();
  attempting(container, () => publish(container.started, JSON.stringify(started)));
  attempting(container, () => run.endRecord.reserve());
  attempting(container, () => run.seal.reserveMore());
  if (attempt > 1) return;
  warnOfUnmasked(run.secrets());
  // A short job is sealed without loading what it does not need.
  const settled = after(limits.settleMs, () => {
    run.watch();
    attempting(container, () => reserveOnDisk(run));
  });
  run.over.signal.addEventListener('abort', () => settled.cancel());
  const sampled = after(limits.usageMs, () => {
    void import('./usage-samples.ts').then(({ sampleUsage }) =>
      sampleUsage(container.usage, run.over.signal),
    );
  });
  run.over.signal.addEventListener('abort', () => sampled.cancel());
  if (run.settings.timeoutMs > 0) {
    const timer = afterRunning(run.settings.timeoutMs, () => stopController.stop('timeout'));
    run.over.signal.addEventListener('abort', () => timer.cancel());
  }
  if (template.sidecars.includes(run.settings.name)) void stopAfterMains(run, template);
}

/** Reserves what sealing needs on a disk beyond what it needs in memory. @throws the operating system's error */
function reserveOnDisk({ container, seal, endRecord }: Run): void {
  const kind = volumeKind(container.directory);
  if (kind === 'copyOnWrite') endRecord.unwrite();
  seal.reserveSpare(kind);
}

function attempting({ directory }: ContainerLayout, write: () => void): void {
  try {
    write();
  } catch (error) {
    log(`cannot write to ${directory}: ${messageOf(error)}; the job continues`);
  }
}

/** Stops a user sidecar once every main container is sealed or lost. */
async function stopAfterMains(run: Run, template: Template): Promise<void> {
  const { signal } = run.over;
  try {
    const { waitForContainers } = await import('./wait-for-containers.ts');
    await waitForContainers(run.layout, mainContainers(template), { firstFailure: false, signal });
    if (!signal.aborted) run.stopController.stop('mains');
  } catch (error) {
    log(`cannot watch the main containers: ${messageOf(error)}`);
  }
}

function warnOfUnmasked({ unmasked, unencoded }: Secrets): void {
  if (unmasked.length > 0) {
    log(`not masked, since their values are too short or common words: ${unmasked.join(', ')}`);
  }
  if (unencoded.length > 0)
    log(`masked only unencoded, since their values are too large: ${unencoded.join(', ')}`);
}
