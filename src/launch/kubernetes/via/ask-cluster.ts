import { limits } from '../../../base/limits.ts';
import { pause } from '../../../base/timer.ts';
import { isTemporary } from '../api/api-error.ts';
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
