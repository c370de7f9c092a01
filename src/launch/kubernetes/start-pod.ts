import type { V1Pod } from '@kubernetes/client-node';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { after, type Timer } from '../../base/timer.ts';
import type { EngineJob } from '../engine.ts';
import type { Cluster } from './api/cluster.ts';
import { mountFailure } from './pod-events.ts';
import { failedStart, isReachable, isRejected, isUnreachable, stateOf } from './pod-state.ts';
import { failedReporter } from './reporter-end.ts';
import { waitingReason } from './waiting-reason.ts';
import { podStates } from './watch-pod.ts';

/**
 * Resolves when the job has started and its volume can be reached, or the job has ended already. What keeps it from that is
 * shown.
 *
 * @throws PodRejected; Fault `engine` for what else no time mends, and for images that do not come within their grace; the signal's reason
 */
export async function untilStarted(
  cluster: Cluster,
  job: EngineJob,
  of: {
    readonly phase: (text: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const grace = new PullGrace();
  const late = new AbortController();
  const signal = AbortSignal.any([of.signal, late.signal]);
  const states = podStates(cluster, job.name, {
    signal,
    silent: (reason) => of.phase(`waiting for the cluster: ${reason}`),
  });
  try {
    for await (const pod of states) {
      if (pod === null)
        throw new Fault('engine', `Somebody has deleted the pod ${job.name} before its job started`);
      const failure = failedStart(pod);
      if (failure !== null)
        throw failedPod(pod, `The pod ${job.name} has ended before its job started: ${failure}`);
      if (hasStarted(pod)) return;
      const refusal = await failedReporter(cluster, pod);
      if (refusal !== null) throw new Fault('engine', refusal);
      const { kind, text } = waitingReason(pod);
      if (kind === 'never') throw new Fault('engine', sentence(text));
      if (kind === 'pull') grace.begin(() => late.abort(new Fault('engine', sentence(text))));
      else grace.cancel();
      of.phase(text);
      void mountFailure(cluster, pod, signal).then((found) => {
        if (found !== null) of.phase(found);
      });
    }
  } finally {
    grace.cancel();
    // What is still being looked up is not to be shown any more.
    late.abort();
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function failedPod(pod: V1Pod, sentence: string): Fault {
  return isRejected(pod) ? new PodRejected('engine', sentence) : new Fault('engine', sentence);
}

/** A job that runs and whose reporter is gone has started, too: its results are lost. */
function hasStarted(pod: V1Pod): boolean {
  const { kind } = stateOf(pod);
  if (kind === 'ended') return true;
  return kind === 'running' && (isReachable(pod) || isUnreachable(pod));
}

/** A node has refused the pod, and nothing of it has begun. */
export class PodRejected extends Fault {}

/** An image may be pushed a little later, or its registry be restarted. */
class PullGrace {
  #timer: Timer | null = null;

  begin(over: () => void): void {
    this.#timer ??= after(limits.imagePullGraceMs, over);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
