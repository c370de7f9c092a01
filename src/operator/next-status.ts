import { limits } from '../base/limits.ts';
import { printable } from '../base/printable.ts';
import { type Condition, hasEnded, type JobResource, type JobStatus, type Phase } from './job-resource.ts';
import { podNameOf } from './pod-of-resource.ts';

/** Where a job goes; what is not named stays. */
export type Change = Partial<JobStatus> & {
  readonly phase: Phase;
  /** Why it is there, in one word. */
  readonly reason: string;
  readonly message: string;
};

/** The reason of the condition `Failed`. */
export type FailedReason =
  | 'RetryableFailure'
  | 'PermanentFailure'
  | 'TimedOut'
  | 'Aborted'
  | 'InvalidSpec'
  | 'StartFailed';

/** Whether MultiFlexi knows an end is the condition `Reported`. */
type KnownReport = Pick<Condition, 'status' | 'reason'> | null;

/**
 * The status after a change: conditions and history follow from it, and all of it is bounded. Nothing differs but for a change.
 *
 * @param of.failed the reason of the condition, where it ends otherwise than well
 * @param of.reported whether MultiFlexi knows the end; null: nobody is to report it
 */
export function nextStatus(
  resource: JobResource,
  status: JobStatus,
  change: Change,
  of: { readonly failed?: FailedReason; readonly reported?: KnownReport } = {},
): JobStatus {
  const time = new Date().toISOString();
  const generation = resource.metadata.generation ?? 0;
  const next: JobStatus = {
    ...status,
    ...change,
    message: bounded(change.message),
    observedGeneration: generation,
  };
  if (hasEnded(next)) Object.assign(next, { completionTime: next.completionTime ?? time, stopping: null });
  const isStep =
    next.phase !== status.phase || next.reason !== status.reason || next.attempts !== status.attempts;
  const { phase, reason } = change;
  const history = isStep
    ? [...status.phaseHistory, { phase, reason, attempt: next.attempts, time: later(time, status) }].slice(
        -limits.operatorHistory,
      )
    : status.phaseHistory;
  const conditions = conditionsOf(next, of).map((each): Condition => {
    const known = status.conditions.find(({ type }) => type === each.type);
    const stays = known?.status === each.status && known.reason === each.reason;
    return {
      ...each,
      message: next.message ?? '',
      lastTransitionTime: stays ? known.lastTransitionTime : time,
      observedGeneration: generation,
    };
  });
  return { ...next, phaseHistory: history, conditions };
}

/** Where a job goes whose present attempt has failed, and that has another one. */
export function nextAttempt(
  resource: JobResource,
  { attempts: failed }: JobStatus,
  of: { readonly reason: string; readonly message: string; readonly systemFailures: number },
): Change {
  return {
    phase: 'Queued',
    reason: of.reason,
    message: `Attempt ${failed} has failed: ${of.message}`,
    systemFailures: of.systemFailures,
    attempts: failed + 1,
    podName: podNameOf(resource, failed + 1),
    podUid: null,
    attemptTime: new Date().toISOString(),
  };
}

function conditionsOf(
  next: JobStatus,
  { failed, reported = null }: { readonly failed?: FailedReason; readonly reported?: KnownReport },
): readonly Pick<Condition, 'type' | 'status' | 'reason'>[] {
  const phase = next.phase ?? 'Queued';
  if (!hasEnded(next)) return [{ type: 'Progressing', status: 'True', reason: phase }];
  const isGood = phase === 'Succeeded';
  const reason = failed ?? 'PermanentFailure';
  return [
    { type: 'Progressing', status: 'False', reason: phase },
    { type: 'Succeeded', status: isGood ? 'True' : 'False', reason: isGood ? phase : reason },
    ...(isGood ? [] : ([{ type: 'Failed', status: 'True', reason }] as const)),
    ...(reported === null ? [] : [{ type: 'Reported', ...reported } as const]),
  ];
}

/** Each step is later than the one before, whatever the clock: its time tells it from others. */
function later(time: string, { phaseHistory }: JobStatus): string {
  const before = Date.parse(phaseHistory.at(-1)?.time ?? '');
  return before >= Date.parse(time) ? new Date(before + 1).toISOString() : time;
}

function bounded(message: string): string {
  const most = limits.operatorMessageCharacters;
  // Some messages have megabytes.
  const line = printable(
    message
      .slice(0, 4 * most)
      .trim()
      .replaceAll(/\s*\n\s*/g, ' '),
  );
  return line.length <= most && message.length <= 4 * most ? line : `${line.slice(0, most)}… (shortened)`;
}
