import type { V1Pod } from '@kubernetes/client-node';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import { isTemporary, reasonOfApi } from './api/api-error.ts';
import type { Cluster } from './api/cluster.ts';
import { WatchTooOld, watchEvents } from './api/watch-events.ts';

/**
 * A pod's states, from now on: null where it is not there. Each list is followed by a watch of bounded time; a server that
 * does not answer, answers nothing, or has forgotten the version is asked again, with pauses that grow. Missing news never
 * counts as news.
 *
 * @param silent called, with the reason, when the server begins not to answer
 * @throws Fault `engine` where the server refuses for good; the signal's reason
 */
export async function* podStates(
  cluster: Cluster,
  name: string,
  of: { readonly signal: AbortSignal; readonly silent: (reason: string) => void },
): AsyncGenerator<V1Pod | null> {
  const { signal } = of;
  let pauseMs: number = limits.engineRetryMs;
  for (let isKnown = false; ; ) {
    try {
      const listed = await listPod(cluster, name, signal);
      yield listed.pod;
      pauseMs = limits.engineRetryMs;
      isKnown = false;
      yield* watchOnce(cluster, { name, from: listed.version, signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isTemporary(error) && !(error instanceof WatchTooOld))
        throw new Fault('engine', `The cluster refuses to tell of the pod ${name}: ${reasonOfApi(error)}`);
      if (!isKnown) of.silent(reasonOfApi(error));
      isKnown = true;
      await pause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, limits.clusterMaxRetryMs);
    }
    if (signal.aborted) throw signal.reason;
  }
}

/** The pod as it is now; null where it is not there. @throws ApiError; the runtime's error */
export async function readPod(cluster: Cluster, name: string, signal: AbortSignal): Promise<V1Pod | null> {
  return (await listPod(cluster, name, signal)).pod;
}

/** By a list, whose version a watch can go on from. */
async function listPod(cluster: Cluster, name: string, signal: AbortSignal) {
  const answer = await cluster.send({ method: 'GET', path: podsNamed(cluster, name), signal });
  const { items, metadata } = answer as {
    readonly items?: readonly V1Pod[];
    readonly metadata?: { readonly resourceVersion?: string };
  };
  return { pod: items?.[0] ?? null, version: metadata?.resourceVersion ?? '' };
}

function podsNamed(cluster: Cluster, name: string): string {
  return `${cluster.path('pods')}?fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
}

async function* watchOnce(
  cluster: Cluster,
  of: { readonly name: string; readonly from: string; readonly signal: AbortSignal },
): AsyncGenerator<V1Pod | null> {
  for await (const { type, object } of watchEvents(cluster, { ...of, path: podsNamed(cluster, of.name) })) {
    if (type === 'DELETED') yield null;
    else if (type !== 'BOOKMARK') yield object as V1Pod;
  }
}
