import { isRecord } from '../base/is-record.ts';
import { limits } from '../base/limits.ts';
import { failedStart, gone, isUnreachable, type Pod, stateOf } from '../launch/kubernetes/pod-state.ts';
import { waitingReason } from '../launch/kubernetes/waiting-reason.ts';
import { containerNames } from '../pod/containers.ts';

/** How an attempt ended. */
export interface Outcome {
  /** `lost`: the cluster has failed it; `refused`: it never started, and never will. */
  readonly kind: 'succeeded' | 'failed' | 'timedOut' | 'lost' | 'refused';
  readonly reason: string;
  readonly message: string;
  readonly exitCode: number | null;
  readonly verdict: string | null;
  /** Whether MultiFlexi knows; null: nobody knows. */
  readonly reported: boolean | null;
  /** RFC 3339; null: nobody knows. */
  readonly finishedAt: string | null;
}

/** How an attempt ended whose pod is gone, and of which nothing was seen. */
export const vanished: Outcome = {
  kind: 'lost',
  reason: 'PodDeleted',
  message: 'its pod is gone, and nobody knows how it ended',
  exitCode: null,
  verdict: null,
  reported: null,
  finishedAt: null,
};

/** What a pod's status tells of its job. */
export type Observation =
  | {
      readonly kind: 'waiting';
      readonly phase: 'Queued' | 'Initializing';
      readonly message: string;
      /** `never`: it will not start by itself; `pull`: images may come for a while. */
      readonly hope: 'never' | 'pull' | 'waits';
    }
  | { readonly kind: 'executing'; readonly reason: 'Executing' | 'Reporting'; readonly since: string | null }
  | { readonly kind: 'ended'; readonly outcome: Outcome };

/**
 * What a pod tells: the main container's state, whatever its phase says. A job has ended when its results are taken as well, or
 * never will be.
 *
 * @param isGone the pod is not there any more; this was its last state
 */
export function observePod(pod: Pod, isGone: boolean): Observation {
  const state = stateOf(pod);
  const unstarted = isGone ? null : startError(pod);
  if (unstarted !== null) return { kind: 'ended', outcome: refused('CannotStart', unstarted) };
  if (state.kind === 'ended' || isGone) {
    if (!isGone && !isUnreachable(pod))
      return { kind: 'executing', reason: 'Reporting', since: startOf(pod) };
    return { kind: 'ended', outcome: outcomeOf(pod, isGone) };
  }
  if (state.kind === 'running') return { kind: 'executing', reason: 'Executing', since: startOf(pod) };
  const { kind, text } = waitingReason(pod);
  const beside = terminated(pod, containerNames.reporter);
  if (beside !== undefined && pod.metadata?.deletionTimestamp === undefined)
    return { kind: 'ended', outcome: refused('ReporterFailed', reporterFailure(beside.exitCode)) };
  const isScheduled = pod.spec?.nodeName !== undefined;
  return { kind: 'waiting', phase: isScheduled ? 'Initializing' : 'Queued', message: text, hope: kind };
}

/** When the job's container started; null: it has not, or nobody knows. */
function startOf(pod: Pod): string | null {
  const state = statuses(pod).find(({ name }) => name === containerNames.main)?.state ?? {};
  return text(state.running?.startedAt ?? state.terminated?.startedAt);
}

/** The first of these that holds: it succeeded, its time was over, its pod was lost, its memory was, it failed. */
function outcomeOf(pod: Pod, isGone: boolean): Outcome {
  const main = terminated(pod, containerNames.main);
  const said = verdictIn(terminated(pod, containerNames.reporter)?.message);
  const state = stateOf(pod);
  const why = state.kind === 'ended' ? state.reason : null;
  const exitCode = state.kind === 'ended' && main !== undefined ? state.exitCode : null;
  const outcome = (kind: Outcome['kind'], reason: string, message: string): Outcome => ({
    kind,
    reason,
    message,
    exitCode,
    verdict: said?.verdict ?? null,
    reported: reportedBy(pod),
    finishedAt: text(main?.finishedAt),
  });
  if (exitCode === 0) return outcome('succeeded', 'Succeeded', 'The job succeeded');
  if (said?.verdict === 'timedOut')
    return outcome('timedOut', 'TimedOut', said.message ?? 'Its time was over');
  const lost = disruption(pod, isGone);
  if (lost !== null) return outcome('lost', lost, why ?? 'its pod is gone');
  if (exitCode === null)
    return outcome('lost', 'PodFailed', failedStart(pod) ?? why ?? 'nobody knows how it ended');
  const reason = main?.reason === 'OOMKilled' ? 'OOMKilled' : 'JobFailed';
  // Nobody's deletion has ended it, or it would be lost: it came afterwards, such as our own of a reporter that waits.
  const own = why === gone.reason ? null : why;
  const told = [said?.message ?? null, own].filter((each) => each !== null);
  return outcome('failed', reason, told.length > 0 ? told.join('; ') : `The job exited with ${exitCode}`);
}

/** What of the cluster has ended a pod; null: its own containers have. */
function disruption(pod: Pod, isGone: boolean): string | null {
  const { reason = '', conditions = [] } = pod.status ?? {};
  if (reason !== '' && reason !== 'DeadlineExceeded') return reason;
  if (conditions.some(({ type, status }) => type === 'DisruptionTarget' && status === 'True'))
    return 'Disrupted';
  if (pod.metadata?.deletionTimestamp === undefined) return isGone ? 'PodDeleted' : null;
  return endedBefore(pod, deletedAt(pod.metadata)) ? null : 'PodDeleted';
}

/** When somebody has deleted it, in ms since 1970. */
function deletedAt({
  deletionTimestamp,
  deletionGracePeriodSeconds = 0,
}: NonNullable<Pod['metadata']>): number {
  return Date.parse(String(deletionTimestamp)) - deletionGracePeriodSeconds * 1_000;
}

/** Whether the job had ended by then: whoever deletes its pod later has not ended it. */
function endedBefore(pod: Pod, atMs: number): boolean {
  const { finishedAt } = terminated(pod, containerNames.main) ?? {};
  return finishedAt !== undefined && finishedAt !== null && Date.parse(String(finishedAt)) < atMs;
}

/** Kubernetes stops a native sidecar after the job: 137 and 143 are no failure of it then. */
function reportedBy(pod: Pod): boolean | null {
  const code = terminated(pod, containerNames.reporter)?.exitCode;
  if (code === undefined || code === 137 || code === 143) return null;
  return code === 0;
}

/** Why the runtime of containers could not start the job's; null: it could. Its reporter would wait for it for ever. */
function startError(pod: Pod): string | null {
  const { reason, message = 'nobody knows why' } = terminated(pod, containerNames.main) ?? {};
  const isError = reason === 'StartError' || reason === 'ContainerCannotRun';
  return isError && pod.metadata?.deletionTimestamp === undefined
    ? `Its container could not be started: ${message}`
    : null;
}

/**
 * Whether the job's program has failed without a word, and may not even have begun. One that was killed has left none either,
 * such as for its memory; where it ran for long, it had begun, and its reporter has what it left to deliver.
 */
export function leftNoWord(pod: Pod): boolean {
  const { exitCode = 0, message = '', startedAt, finishedAt } = terminated(pod, containerNames.main) ?? {};
  const ranMs = Date.parse(text(finishedAt) ?? '') - Date.parse(text(startedAt) ?? '');
  return exitCode !== 0 && message === '' && !(ranMs >= limits.operatorBegunMs);
}

function reporterFailure(exitCode: number): string {
  return `The reporter has ended (${exitCode}) before the job started; its log tells why`;
}

function refused(reason: string, message: string): Outcome {
  return {
    kind: 'refused',
    reason,
    message,
    exitCode: null,
    verdict: null,
    reported: false,
    finishedAt: null,
  };
}

function terminated(pod: Pod, container: string) {
  return statuses(pod).find(({ name }) => name === container)?.state?.terminated;
}

function statuses({ status }: Pod) {
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
}

/** What the reporter has left as its last words. */
function verdictIn(
  message: string | undefined,
): { readonly verdict: string; readonly message: string | null } | null {
  try {
    const value: unknown = JSON.parse(message ?? '');
    if (!isRecord(value) || typeof value['verdict'] !== 'string') return null;
    return {
      verdict: value['verdict'],
      message: typeof value['message'] === 'string' ? value['message'] : null,
    };
  } catch {
    return null;
  }
}

/** The client library's type is a Date; in JSON it is a text. */
function text(time: unknown): string | null {
  return time === undefined || time === null ? null : String(time);
}
