import type { V1Pod } from '@kubernetes/client-node';
import { limits } from '../../base/limits.ts';
import type { EngineJob } from '../engine.ts';
import type { Cluster } from './api/cluster.ts';
import { stateOf } from './pod-state.ts';

/**
 * Removes ended pods of earlier attempts at the same job, which no record knows any more. What cannot be removed costs
 * nothing: each attempt has a pod name of its own.
 */
export async function removeEarlier(cluster: Cluster, job: EngineJob, signal: AbortSignal): Promise<void> {
  try {
    const selector = Object.entries(job.labels).map(([name, value]) => `${name}=${value}`);
    const path = `${cluster.path('pods')}?labelSelector=${encodeURIComponent(selector.join(','))}`;
    const { items = [] } = (await cluster.send({ method: 'GET', path, signal })) as {
      readonly items?: readonly V1Pod[];
    };
    for (const pod of items) {
      const { name = '', uid } = pod.metadata ?? {};
      if (name === job.name || stateOf(pod).kind !== 'ended') continue;
      const body = { preconditions: { uid }, gracePeriodSeconds: limits.podRemovalSeconds };
      await cluster.send({ method: 'DELETE', path: cluster.path('pods', name), body, signal });
    }
  } catch {
    // The next launch tries it again.
  }
}
