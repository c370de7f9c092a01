import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import { unlessAborted } from '../../base/unless-aborted.ts';
import type { EngineJob } from '../engine.ts';
import { ApiError, isTemporary, reasonOfApi, statusOf } from './api/api-error.ts';
import type { Cluster } from './api/cluster.ts';
import { type PodSettings, podRequest } from './pod-request.ts';
import { stateOf } from './pod-state.ts';
import { removeEarlier } from './remove-earlier.ts';
import { podStates, readPod } from './watch-pod.ts';

/**
 * Creates the job's pod. It cannot start yet: it waits for its Secret. A pod of that name that never started is what a killed
 * launcher has left, or what an unanswered request has made: it is replaced.
 *
 * @throws Fault `engine` for what no time mends; the signal's reason
 */
export async function createPod(
  cluster: Cluster,
  of: {
    readonly job: EngineJob;
    readonly settings: PodSettings;
    readonly phase: (text: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { job, phase, signal } = of;
  const body = podRequest(job, of.settings);
  await removeEarlier(cluster, job, signal);
  for (let pauseMs: number = limits.engineRetryMs; ; ) {
    // Not given up with the launch: a pod that the server makes nevertheless has to be known, and is deleted.
    const created = cluster.send({ method: 'POST', path: cluster.path('pods'), body, signal: never });
    try {
      return void (await unlessAborted(created, signal));
    } catch (error) {
      if (signal.aborted) {
        await created.catch(() => undefined);
        throw signal.reason;
      }
      if (isNameTaken(error)) await makeWay(cluster, job.name, signal);
      else if (!isWaitedFor(error))
        throw new Fault('engine', `Kubernetes cannot create the pod ${job.name}: ${reasonOfApi(error)}`);
      else phase(`waiting to create the pod: ${reasonOfApi(error)}`);
    }
    await pause(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, limits.clusterMaxRetryMs);
  }
}

/** Each request is bounded by itself. */
const never = new AbortController().signal;

function isNameTaken(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409 && error.reason === 'AlreadyExists';
}

/** A quota may become free, a server may answer again, a new namespace gets its account. Everything else fails at once. */
function isWaitedFor(error: unknown): boolean {
  const mends = /exceeded quota|serviceaccount "default" not found/;
  return isTemporary(error) || (statusOf(error) === 403 && mends.test(reasonOfApi(error)));
}

/** @throws Fault `engine` if it has been started, or is somebody else's */
async function makeWay(cluster: Cluster, name: string, signal: AbortSignal): Promise<void> {
  const pod = await readPod(cluster, name, signal);
  if (pod === null) return;
  if (stateOf(pod).kind !== 'created')
    throw new Fault('engine', `There is a pod ${name} already, which has run; remove it with list --clean`);
  const path = cluster.path('pods', name);
  const preconditions = { uid: pod.metadata?.uid };
  await cluster.send({ method: 'DELETE', path, body: { preconditions, gracePeriodSeconds: 0 }, signal });
  for await (const now of podStates(cluster, name, { signal, silent: () => undefined }))
    if (now === null || now.metadata?.uid !== pod.metadata?.uid) return;
}
