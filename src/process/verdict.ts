import { faultStatus } from '../base/fault.ts';
import { signalName } from '../base/signal-names.ts';
import type { OutputsRecord, Verdict } from '../contract/records.ts';
import type { Control, StopCause } from './control.ts';
import type { Ended } from './dependencies.ts';
import { exitCodeOf, type Outcome, signalOf } from './outcome.ts';
import type { AttemptEnd } from './supervise.ts';

/** What is said of a run: the part of the result that judges it. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly signal: string | null;
  readonly origin: 'job' | 'emissary';
  readonly message: string | null;
}

/** What a run is recorded as until there is evidence of something else. */
export function failedRun(status: number, message: string): Judgement {
  return { verdict: 'error', exitCode: status, signal: null, origin: 'emissary', message };
}

/** A container that was not started because one that it depends on has failed. */
export function skippedRun({ name, exitCode, lost }: Ended): Judgement {
  const end = lost ? 'was killed and left no exit code' : `ended with code ${exitCode}`;
  const message = `Not started: container ${name}, which it depends on, ${end}`;
  return { verdict: 'skipped', exitCode, signal: null, origin: 'emissary', message };
}

/** A run that was asked to end before the job was started. */
export function cancelledRun(control: Control): Judgement {
  const signal = signalName(control.causeSignal);
  const timedOut = control.cause === 'timeout';
  return {
    verdict: timedOut ? 'timedOut' : 'terminated',
    exitCode: 128 + control.causeSignal,
    signal,
    origin: 'emissary',
    message: timedOut ? 'Not started: the time was up' : `Not started: ${signal} came first`,
  };
}

/** Judges the last attempt. The job's own failure wins over everything that came after it. */
export function judge({ outcome, cause }: AttemptEnd, control: Control, outputs: OutputsRecord): Judgement {
  const exitCode = exitCodeOf(outcome);
  const signal = signalOf(outcome);
  if (outcome.kind === 'notStarted') {
    return { verdict: 'failed', exitCode, signal, origin: 'emissary', message: outcome.reason };
  }
  const verdict = verdictOf({ outcome, cause }, control);
  const lost = outputs.missing.find((output) => !output.optional);
  if (verdict === 'succeeded' && lost !== undefined)
    return failedRun(faultStatus.outputs, lostOutput(outputs));
  const message = verdict === 'succeeded' ? null : sentence(outcome, verdict, cause, control);
  return { verdict, exitCode, signal, origin: 'job', message };
}

/**
 * The status that the wrapper ends with: the job's own. A sidecar of the template that was ended because the containers
 * that it serves had ended has not failed by dying of that signal: it may have come before the sidecar could catch it.
 */
export function exitStatusOf({ verdict, exitCode }: Judgement, control: Control): number {
  const wasServed = control.cause === 'mains' && verdict === 'terminated';
  return wasServed && exitCode === 128 + control.causeSignal ? 0 : exitCode;
}

/** The verdict on one attempt: only one that `failed` is worth another. */
export function verdictOf({ outcome, cause }: AttemptEnd, control: Control): Verdict {
  if (cause !== null) return cause === 'timeout' ? 'timedOut' : 'terminated';
  const code = exitCodeOf(outcome);
  // A signal that was only passed on (INT, USR1, …) ended the job if the job ended by it, or says so as a shell does.
  if (code > 128 && control.wasForwarded(code - 128)) return 'terminated';
  return code === 0 ? 'succeeded' : 'failed';
}

function sentence(outcome: Outcome, verdict: Verdict, cause: StopCause | null, control: Control): string {
  const end =
    outcome.kind === 'signaled'
      ? `was ended by ${signalName(outcome.signal)}`
      : `exited with code ${exitCodeOf(outcome)}`;
  if (verdict === 'timedOut') return `The time was up: the job ${end}`;
  if (verdict === 'terminated') return `The job ${end}, ${askedBy(cause, control, outcome)}`;
  const unasked =
    outcome.kind === 'signaled' && outcome.signal === 9
      ? ', which did not come from here (out of memory?)'
      : '';
  return `The job ${end}${unasked}`;
}

function askedBy(cause: StopCause | null, control: Control, outcome: Outcome): string {
  switch (cause) {
    case 'request':
      return `after ${signalName(control.causeSignal)} was requested`;
    case 'mains':
      return 'after the containers that it serves had ended';
    case 'signal':
      return `after the emissary had received ${signalName(control.causeSignal)}`;
    case 'timeout':
    case null:
      return `after ${signalName(exitCodeOf(outcome) - 128)} was passed on to it`;
  }
}

function lostOutput(outputs: OutputsRecord): string {
  const lost = outputs.missing.filter((output) => !output.optional);
  const names = lost.map((output) => `${output.kind} ${output.name} (${output.path}: ${output.reason})`);
  return `The job succeeded, but required outputs are missing: ${names.join('; ')}`;
}
