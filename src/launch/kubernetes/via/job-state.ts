import type { ContainerEnd, ContainerState } from '../../engine.ts';
import type { Cluster } from '../api/cluster.ts';
import { stateOf } from '../pod-state.ts';
import { readPod } from '../watch-pod.ts';
import { type EmissaryJob, hasBegun, hasEnded, jobStates, reasonOf } from './emissary-job.ts';

/** The pod of one attempt. */
export interface JobPod {
  readonly name: string;
  readonly uid: string;
}

/** The pod that runs, or ran, the job; null: there is none, or none yet. */
export function podOf(job: EmissaryJob | null): JobPod | null {
  const { podName: name, podUid: uid } = job?.status ?? {};
  return typeof name === 'string' && typeof uid === 'string' ? { name, uid } : null;
}

/** The state of a job: as its operator tells it, but the end as soon as its pod does. @throws ApiError; the runtime's error */
export async function stateOfJob(cluster: Cluster, job: EmissaryJob | null): Promise<ContainerState> {
  if (job === null) return { kind: 'absent' };
  if (hasEnded(job)) return endOf(job);
  const { phase, reason, podName } = job.status ?? {};
  if (phase !== 'Executing' || typeof podName !== 'string')
    return { kind: 'created', isRequested: job.spec.suspend !== true };
  // Until its results are taken, its operator does not call it ended.
  const state = reason === 'Reporting' ? stateOf(await readPod(cluster, podName, never)) : null;
  return state?.kind === 'ended' ? state : { kind: 'running' };
}

/** Resolves when a job has ended, or is gone. @throws Fault `engine`; the signal's reason */
export async function untilJobEnded(
  cluster: Cluster,
  name: string,
  of: { readonly silent: (reason: string) => void; readonly signal: AbortSignal },
): Promise<ContainerEnd> {
  for await (const job of jobStates(cluster, name, of)) {
    if (job === null) return { kind: 'ended', exitCode: null, reason: 'somebody has deleted it' };
    const state = await stateOfJob(cluster, job);
    if (state.kind === 'ended') return state;
  }
  throw of.signal.reason;
}

const never = new AbortController().signal;

/** Reasons that say nothing which the exit code does not. */
const ordinary = ['JobFailed', 'Succeeded', 'TimedOut'];

function endOf(job: EmissaryJob): ContainerEnd {
  const { exitCode, reason = '' } = job.status ?? {};
  return {
    kind: 'ended',
    exitCode: hasBegun(job) && typeof exitCode === 'number' ? exitCode : null,
    reason: ordinary.includes(reason) ? null : reasonOf(job),
  };
}
