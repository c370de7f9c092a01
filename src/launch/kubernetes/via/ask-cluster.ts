import { limits } from '../../../base/limits.ts';
import { pause } from '../../../base/timer.ts';
import { unlessAborted } from '../../../base/unless-aborted.ts';
import { isTemporary, reasonOfApi } from '../api/api-error.ts';
import type { ApiObject, Cluster, ClusterRequest } from '../api/cluster.ts';

/** Sends a request until the server answers it. @throws ApiError for an answer that stays; Fault; the signal's reason */
export async function askCluster(cluster: Cluster, wanted: ClusterRequest): Promise<ApiObject> {
  const { signal } = wanted;
  for (let pauseMs: number = limits.engineRetryMs; ; ) {
    try {
      return await cluster.send(wanted);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isTemporary(error)) throw error;
      await pause(pauseMs, signal);
      if (signal.aborted) throw signal.reason;
      pauseMs = Math.min(pauseMs * 2, limits.clusterMaxRetryMs);
    }
  }
}

/**
 * Creates an object. A request that was begun is not given up: what the server makes nevertheless has to be known.
 *
 * @param waiting called with the reason, when it has to be sent again
 * @throws as `askCluster`
 */
export async function createObject(
  cluster: Cluster,
  { path, body, signal }: Required<Pick<ClusterRequest, 'path' | 'body' | 'signal'>>,
  waiting: (reason: string) => void,
): Promise<void> {
  for (let pauseMs: number = limits.engineRetryMs; ; ) {
    const created = cluster.send({ method: 'POST', path, body, signal: never });
    try {
      await unlessAborted(created, signal);
      return;
    } catch (error) {
      if (signal.aborted) {
        await created.catch(() => undefined);
        throw signal.reason;
      }
      if (!isTemporary(error)) throw error;
      waiting(reasonOfApi(error));
    }
    await pause(pauseMs, signal);
    if (signal.aborted) throw signal.reason;
    pauseMs = Math.min(pauseMs * 2, limits.clusterMaxRetryMs);
  }
}

/** Each request is bounded by itself. */
const never = new AbortController().signal;
