import { Fault, faultStatus } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { signalName } from '../base/signal-names.ts';
import type { AttemptVerdict, MissingOutput, OutputsRecord, Verdict } from '../contract/records.ts';
import { noOutputs } from '../contract/records.ts';
import type { EndedContainer } from './container-end.ts';
import { exitCodeOf, type Outcome, signalOf } from './outcome.ts';
import type { StopCause, StopController } from './stop/stop-controller.ts';
import type { AttemptEnd } from './supervise.ts';

/** The part of the result that says how the run went. */
export interface RunVerdict {
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly signal: string | null;
  readonly origin: 'job' | 'emissary' | 'person';
  readonly message: string | null;
  /** Its failure does not count. */
  readonly tolerated?: true;
}

/** A failure of the emissary itself. */
export function failedRun(status: number, message: string): RunVerdict {
  return { verdict: 'error', exitCode: status, signal: null, origin: 'emissary', message };
}

/** A run that the emissary had to give up because of this error. */
export function faultedRun(error: unknown): RunVerdict {
  if (error instanceof Fault) return failedRun(error.status, error.message);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return failedRun(faultStatus.defect, text);
}

/** A container that was not started because a dependency failed. */
export function skippedRun({ name, exitCode, lost }: EndedContainer): RunVerdict {
  const end = lost ? 'was killed and left no exit code' : `exited with code ${exitCode}`;
  const message = `Not started: its dependency, container ${name}, ${end}`;
  return { verdict: 'skipped', exitCode, signal: null, origin: 'emissary', message };
}

/** A run that was stopped before the job started. */
export function cancelledRun(stopController: StopController): RunVerdict {
  const signal = signalName(stopController.causeSignal);
  const timedOut = stopController.cause === 'timeout';
  return {
    verdict: timedOut ? 'timedOut' : 'terminated',
    exitCode: 128 + stopController.causeSignal,
    signal,
    origin: 'emissary',
    message: timedOut ? 'Not started: timed out' : `Not started: stopped by ${signal}`,
  };
}

/** The saved outputs; if saving was stopped, also why, and which outputs are missing because of that. */
export interface Saved {
  readonly outputs: OutputsRecord;
  readonly stopped: { readonly reason: string; readonly unsaved: readonly MissingOutput[] } | null;
}

/** Nothing was saved. */
export const nothingSaved: Saved = { outputs: noOutputs, stopped: null };

/**
 * The verdict on a run whose job has ended. A job failure takes precedence over anything later; a job success takes
 * precedence over a stop during saving.
 */
export function endedRun(end: AttemptEnd, stopController: StopController, saved: Saved): RunVerdict {
  const verdict = jobVerdict(end, stopController, saved);
  return saved.stopped === null ? verdict : { ...verdict, message: unsavedSentence(verdict, saved.stopped) };
}

function jobVerdict(
  { outcome, cause }: AttemptEnd,
  stopController: StopController,
  saved: Saved,
): RunVerdict {
  const exitCode = exitCodeOf(outcome);
  const signal = signalOf(outcome);
  if (outcome.kind === 'notStarted') {
    return { verdict: 'failed', exitCode, signal, origin: 'emissary', message: outcome.reason };
  }
  const verdict = verdictOf({ outcome, cause }, stopController);
  const lost = saved.outputs.missing.filter(
    (output) => !output.optional && saved.stopped?.unsaved.includes(output) !== true,
  );
  if (verdict === 'succeeded' && lost.length > 0) return failedRun(faultStatus.outputs, lostOutput(lost));
  const message = verdict === 'succeeded' ? null : sentence(outcome, verdict, cause, stopController);
  return { verdict, exitCode, signal, origin: 'job', message };
}

/** The same, with what the kernel tells of a job that has failed by itself: a parent may only say 1 of it. */
export async function explained(own: RunVerdict): Promise<RunVerdict> {
  if (own.verdict !== 'failed') return own;
  const { memoryKills } = await import('./memory-kills.ts');
  const found = memoryKills();
  return found === null ? own : { ...own, message: `${own.message ?? 'The job failed'}; ${found}` };
}

/** A run that failed, and whose exit code a person has decided since: both are kept. */
export function decidedRun(own: RunVerdict, exitCode: number): RunVerdict {
  const message = `${own.message ?? 'The job failed'}; a person decided the exit code ${exitCode} instead`;
  return { ...own, verdict: exitCode === 0 ? 'succeeded' : 'failed', exitCode, origin: 'person', message };
}

/** A failure of the job itself that does not count; any other run as it is. */
export function toleratedRun(own: RunVerdict): RunVerdict {
  if (own.verdict !== 'failed') return own;
  return {
    ...own,
    tolerated: true,
    message: `${own.message ?? 'The job failed'}; this failure does not count`,
  };
}

/**
 * The wrapper's exit status: the job's own, or 0 if its failure does not count. A user sidecar that was stopped after its main containers exited has not
 * failed if it died from that signal, which may arrive before the sidecar can catch it.
 */
export function exitStatusOf(
  { verdict, exitCode, tolerated }: RunVerdict,
  stopController: StopController,
): number {
  if (tolerated === true) return 0;
  const wasServed = stopController.cause === 'mains' && verdict === 'terminated';
  return wasServed && exitCode === 128 + stopController.causeSignal ? 0 : exitCode;
}

/** The verdict on one attempt; only `failed` is retried. */
export function verdictOf({ outcome, cause }: AttemptEnd, stopController: StopController): AttemptVerdict {
  if (cause !== null) return cause === 'timeout' ? 'timedOut' : 'terminated';
  const code = exitCodeOf(outcome);
  // A forwarded signal (INT, USR1, …) terminated the job if the job died from it, or reports 128+n as a shell does.
  if (code > 128 && stopController.wasForwarded(code - 128)) return 'terminated';
  return code === 0 ? 'succeeded' : 'failed';
}

function sentence(
  outcome: Outcome,
  verdict: Verdict,
  cause: StopCause | null,
  stopController: StopController,
): string {
  const end = endOf(outcome);
  if (verdict === 'timedOut') return `Timed out: the job ${end}`;
  if (verdict === 'terminated') return `The job ${end}, ${stoppedBy(cause, stopController, outcome)}`;
  const unasked =
    outcome.kind === 'signaled' && outcome.signal === 9
      ? ', which the emissary did not send (out of memory?)'
      : '';
  return `The job ${end}${unasked}`;
}

function endOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'signaled':
      return `was killed by ${signalName(outcome.signal)}`;
    case 'leftRunning':
      return 'could not be killed and may still run, since its process now runs as another user (137 stands for the KILL)';
    case 'exited':
    case 'notStarted':
      return `exited with code ${exitCodeOf(outcome)}`;
  }
}

function stoppedBy(cause: StopCause | null, stopController: StopController, outcome: Outcome): string {
  switch (cause) {
    case 'request':
      return `after ${signalName(stopController.causeSignal)} was requested`;
    case 'mains':
      return 'after the main containers had exited';
    case 'signal':
      return `after the emissary received ${signalName(stopController.causeSignal)}`;
    case 'timeout':
    case null:
      return `after ${signalName(exitCodeOf(outcome) - 128)} was forwarded to it`;
  }
}

function lostOutput(lost: readonly MissingOutput[]): string {
  const names = lost.map((output) => `${output.kind} ${output.name} (${output.path}: ${output.reason})`);
  return `The job succeeded, but required outputs are missing: ${names.join('; ')}`;
}

function unsavedSentence(
  { message }: RunVerdict,
  { reason, unsaved }: NonNullable<Saved['stopped']>,
): string {
  const listed = unsaved.slice(0, limits.listedMessages).map(({ kind, name }) => `${kind} ${name}`);
  const more = unsaved.length - listed.length;
  const names = `${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return `${message ?? 'The job succeeded'}; saving its outputs was stopped (${reason}), not saved: ${names}`;
}
