import { faultStatus } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { signalName } from '../base/signal-names.ts';
import type { AttemptVerdict, MissingOutput, OutputsRecord, Verdict } from '../contract/records.ts';
import { noOutputs } from '../contract/records.ts';
import type { Ended } from './dependencies.ts';
import { exitCodeOf, type Outcome, signalOf } from './outcome.ts';
import type { StopCause, StopController } from './stop/stop-controller.ts';
import type { AttemptEnd } from './supervise.ts';

/** What is said of a run: the part of the result that judges it. */
export interface RunVerdict {
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly signal: string | null;
  readonly origin: 'job' | 'emissary';
  readonly message: string | null;
}

/** What a run is recorded as until there is evidence of something else. */
export function failedRun(status: number, message: string): RunVerdict {
  return { verdict: 'error', exitCode: status, signal: null, origin: 'emissary', message };
}

/** A container that was not started because one that it depends on has failed. */
export function skippedRun({ name, exitCode, lost }: Ended): RunVerdict {
  const end = lost ? 'was killed and left no exit code' : `ended with code ${exitCode}`;
  const message = `Not started: container ${name}, which it depends on, ${end}`;
  return { verdict: 'skipped', exitCode, signal: null, origin: 'emissary', message };
}

/** A run that was asked to end before the job was started. */
export function cancelledRun(stopController: StopController): RunVerdict {
  const signal = signalName(stopController.causeSignal);
  const timedOut = stopController.cause === 'timeout';
  return {
    verdict: timedOut ? 'timedOut' : 'terminated',
    exitCode: 128 + stopController.causeSignal,
    signal,
    origin: 'emissary',
    message: timedOut ? 'Not started: the time was up' : `Not started: ${signal} came first`,
  };
}

/** What became of the outputs, where saving them was stopped with the reason why, and what for that reason is missing. */
export interface Saved {
  readonly outputs: OutputsRecord;
  readonly stopped: { readonly reason: string; readonly unsaved: readonly MissingOutput[] } | null;
}

/** Nothing was to be saved, or could be. */
export const nothingSaved: Saved = { outputs: noOutputs, stopped: null };

/**
 * Judges the last attempt. The job's own failure wins over everything that came after it, and so does its success over
 * somebody's having stopped the saving.
 */
export function judge(end: AttemptEnd, stopController: StopController, saved: Saved): RunVerdict {
  const judgement = judgeSaved(end, stopController, saved);
  return saved.stopped === null
    ? judgement
    : { ...judgement, message: unsavedSentence(judgement, saved.stopped) };
}

function judgeSaved(
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

/**
 * The status that the wrapper ends with: the job's own. A sidecar of the template that was ended because the containers
 * that it serves had ended has not failed by dying of that signal: it may have come before the sidecar could catch it.
 */
export function exitStatusOf({ verdict, exitCode }: RunVerdict, stopController: StopController): number {
  const wasServed = stopController.cause === 'mains' && verdict === 'terminated';
  return wasServed && exitCode === 128 + stopController.causeSignal ? 0 : exitCode;
}

/** The verdict on one attempt: only one that `failed` is worth another. */
export function verdictOf({ outcome, cause }: AttemptEnd, stopController: StopController): AttemptVerdict {
  if (cause !== null) return cause === 'timeout' ? 'timedOut' : 'terminated';
  const code = exitCodeOf(outcome);
  // A signal that was only passed on (INT, USR1, …) ended the job if the job ended by it, or says so as a shell does.
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
  if (verdict === 'timedOut') return `The time was up: the job ${end}`;
  if (verdict === 'terminated') return `The job ${end}, ${askedBy(cause, stopController, outcome)}`;
  const unasked =
    outcome.kind === 'signaled' && outcome.signal === 9
      ? ', which did not come from here (out of memory?)'
      : '';
  return `The job ${end}${unasked}`;
}

function endOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'signaled':
      return `was ended by ${signalName(outcome.signal)}`;
    case 'leftRunning':
      return "could not be ended and may still run, since its process has become another user's (137 stands for the KILL)";
    case 'exited':
    case 'notStarted':
      return `exited with code ${exitCodeOf(outcome)}`;
  }
}

function askedBy(cause: StopCause | null, stopController: StopController, outcome: Outcome): string {
  switch (cause) {
    case 'request':
      return `after ${signalName(stopController.causeSignal)} was requested`;
    case 'mains':
      return 'after the containers that it serves had ended';
    case 'signal':
      return `after the emissary had received ${signalName(stopController.causeSignal)}`;
    case 'timeout':
    case null:
      return `after ${signalName(exitCodeOf(outcome) - 128)} was passed on to it`;
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
  const listed = unsaved.slice(0, limits.listedSentences).map(({ kind, name }) => `${kind} ${name}`);
  const more = unsaved.length - listed.length;
  const names = `${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return `${message ?? 'The job succeeded'}; saving its outputs was stopped (${reason}), not saved: ${names}`;
}
