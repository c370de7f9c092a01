import type { V1Pod } from '@kubernetes/client-node';
import { type Leftover, labels } from '../engine.ts';
import type { Cluster } from './api/cluster.ts';

/** The pods of an installation that are in the namespace. @throws ApiError; the runtime's error */
export async function leftPods(cluster: Cluster, installation: string): Promise<readonly Leftover[]> {
  const selector = encodeURIComponent(`${labels.installation}=${installation}`);
  const path = `${cluster.path('pods')}?labelSelector=${selector}`;
  const { signal } = new AbortController();
  const { items = [] } = (await cluster.send({ method: 'GET', path, signal })) as {
    readonly items?: readonly V1Pod[];
  };
  return items.map((pod) => ({
    name: pod.metadata?.name ?? '',
    key: pod.metadata?.labels?.[labels.job] ?? '',
    // A reporter that runs holds results, which somebody may be taking.
    running: !/^(?:Succeeded|Failed)$/.test(pod.status?.phase ?? ''),
  }));
}
