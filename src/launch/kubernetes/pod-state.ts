import type { V1ContainerStateTerminated, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { limits } from '../../base/limits.ts';
import type { ContainerEnd, ContainerState } from '../engine.ts';
import { containers } from './pod-names.ts';

/** A pod, as the API tells it. */
export type Pod = V1Pod;

/** The end of a job whose pod is not there any more. */
export const gone: ContainerEnd = {
  kind: 'ended',
  exitCode: null,
  reason: 'somebody has deleted its pod',
};

/** The state of a pod's main container: what the job is, whatever the pod's phase says. */
export function stateOf(pod: V1Pod | null): ContainerState {
  if (pod === null) return { kind: 'absent' };
  const { phase } = pod.status ?? {};
  const main = statusOfContainer(pod, containers.main);
  const state = main?.state ?? {};
  if (state.terminated !== undefined) {
    // A node that comes back does not know: then it is neither the job's code nor the engine's.
    const isKnown = state.terminated.reason !== 'ContainerStatusUnknown';
    return {
      kind: 'ended',
      exitCode: isKnown ? state.terminated.exitCode : null,
      reason: endReason(pod, state.terminated),
    };
  }
  if (phase === 'Failed' || phase === 'Succeeded')
    return { kind: 'ended', exitCode: null, reason: podReason(pod) };
  if (isOverdue(pod)) return { kind: 'ended', exitCode: null, reason: silentNode(pod) };
  return state.running === undefined ? { kind: 'created' } : { kind: 'running' };
}

/** Whether the reporter's container runs: the volume can be reached. */
export function isReachable(pod: V1Pod): boolean {
  return statusOfContainer(pod, containers.reporter)?.state?.running !== undefined;
}

/** What the job's neighbours have ended of, other than success: clauses. */
export function endedBeside({ status }: V1Pod): readonly string[] {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.flatMap(({ name, state }) => {
    const { exitCode = 0, reason = 'Error' } = state?.terminated ?? {};
    return name === containers.main || exitCode === 0
      ? []
      : [`The container ${name} has ended with ${exitCode} (${reason})`];
  });
}

/**
 * Whether a deleted pod should be gone since long: its node does not answer, and the object may stay for ever. The time of
 * the server and ours may differ.
 */
export function isOverdue({ metadata }: V1Pod): boolean {
  const { deletionTimestamp } = metadata ?? {};
  if (deletionTimestamp === undefined) return false;
  return Date.now() - Date.parse(String(deletionTimestamp)) > limits.podOverdueMs;
}

function silentNode({ spec }: V1Pod): string {
  return `its pod was deleted, and its node ${spec?.nodeName ?? ''} does not answer`;
}

/** Whether the volume will never be reachable again. */
export function isUnreachable(pod: V1Pod | null): boolean {
  if (pod === null || isOverdue(pod)) return true;
  const { phase } = pod.status ?? {};
  return (
    phase === 'Failed' ||
    phase === 'Succeeded' ||
    statusOfContainer(pod, containers.reporter)?.state?.terminated !== undefined
  );
}

/** Why a pod has ended before its main container ever ran, such as a kubelet's refusal; null: it has not. */
export function failedStart(pod: V1Pod): string | null {
  const { phase, initContainerStatuses = [] } = pod.status ?? {};
  const { running, terminated } = statusOfContainer(pod, containers.main)?.state ?? {};
  if ((phase !== 'Failed' && phase !== 'Succeeded') || running !== undefined || terminated !== undefined)
    return null;
  const failed = initContainerStatuses.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  if (failed?.state?.terminated === undefined) return podReason(pod) ?? 'its cluster does not tell why';
  const { exitCode, reason, message } = failed.state.terminated;
  const said = message === undefined ? '' : `: ${message.trim()}`;
  return `its container ${failed.name} has failed (${exitCode}, ${reason ?? 'Error'})${said}`;
}

/** Whether a node has refused the pod before any container began: another pod may be taken. */
export function isRejected({ status }: V1Pod): boolean {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const began = all.some(({ state }) => state?.running !== undefined || state?.terminated !== undefined);
  return status?.phase === 'Failed' && !began && status.reason !== 'DeadlineExceeded';
}

/** The status of one container of a pod, an init container too. */
function statusOfContainer(pod: V1Pod, name: string): V1ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].find((each) => each.name === name);
}

function endReason(pod: V1Pod, { reason, message }: V1ContainerStateTerminated): string | null {
  if (reason === 'StartError') return `it could not be started: ${message ?? 'nobody knows why'}`;
  if (reason === 'OOMKilled') return `it was out of memory${memoryLimit(pod)}`;
  return podReason(pod);
}

function memoryLimit({ spec }: V1Pod): string {
  const limit = spec?.containers.find(({ name }) => name === containers.main)?.resources?.limits?.['memory'];
  return limit === undefined ? '' : ` (limit ${inMebibytes(limit)})`;
}

/** A limit as people read it; what a template has set stays as it is. */
function inMebibytes(limit: string): string {
  return /^\d+$/.test(limit) ? `${Math.round(Number(limit) / 2 ** 20)} MiB` : limit;
}

/** Why the pod as a whole has ended; null: nothing special. */
function podReason({ status, metadata }: V1Pod): string | null {
  const { reason = '', message = '' } = status ?? {};
  const said = message === '' ? '' : `: ${message.trim()}`;
  if (reason === 'DeadlineExceeded') return 'its pod has exceeded its deadline';
  if (reason === 'Evicted') return `its pod was evicted${said}`;
  if (reason !== '') return `its pod has failed: ${reason}${said}`;
  const disruption = status?.conditions?.find(
    ({ type, status: holds }) => type === 'DisruptionTarget' && holds === 'True',
  );
  if (disruption !== undefined)
    return `its pod was removed: ${disruption.message ?? disruption.reason ?? ''}`;
  return metadata?.deletionTimestamp === undefined ? null : 'somebody has deleted its pod';
}
