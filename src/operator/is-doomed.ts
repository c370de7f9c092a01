import { limits } from '../base/limits.ts';
import type { Cluster } from '../launch/kubernetes/api/cluster.ts';

/** Whether the cluster's namespace is being deleted: no other operator can start there. False where nobody tells. */
export async function isDoomed(cluster: Cluster): Promise<boolean> {
  const path = `/api/v1/namespaces/${encodeURIComponent(cluster.namespace)}`;
  try {
    const signal = AbortSignal.timeout(limits.operatorLastLookMs);
    const { metadata } = (await cluster.send({ method: 'GET', path, signal })) as {
      readonly metadata?: { readonly deletionTimestamp?: string };
    };
    return metadata?.deletionTimestamp !== undefined;
  } catch {
    // No right to ask, or no answer in time: an operator that is stopped ends.
    return false;
  }
}
