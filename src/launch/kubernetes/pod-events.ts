import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import type { Cluster } from './cluster.ts';

/** What the cluster has told about a pod, the newest last. Empty where that cannot be read: it is only a hint. */
async function podEvents(cluster: Cluster, pod: V1Pod, signal: AbortSignal): Promise<readonly CoreV1Event[]> {
  const selector = encodeURIComponent(`involvedObject.uid=${pod.metadata?.uid ?? ''}`);
  const path = `${cluster.path('events')}?fieldSelector=${selector}&limit=${limits.podEvents}`;
  try {
    const { items = [] } = (await cluster.send({ method: 'GET', path, signal })) as {
      readonly items?: readonly CoreV1Event[];
    };
    return [...items].sort((a, b) => timeOf(a) - timeOf(b));
  } catch {
    return [];
  }
}

/**
 * Why a pod's volumes cannot be mounted, such as a ConfigMap that is missing: its status does not tell. Null: nothing is known,
 * or it has started.
 */
export async function mountFailure(
  cluster: Cluster,
  pod: V1Pod,
  signal: AbortSignal,
): Promise<string | null> {
  if (pod.status?.phase !== 'Pending') return null;
  await pause(limits.podEventMs, signal);
  if (signal.aborted) return null;
  const found = (await podEvents(cluster, pod, signal)).findLast(({ reason }) =>
    /^Failed(Mount|AttachVolume)/.test(reason ?? ''),
  );
  return found?.message === undefined || signal.aborted
    ? null
    : `the pod's volumes cannot be mounted: ${found.message}`;
}

function timeOf({ lastTimestamp, eventTime, firstTimestamp }: CoreV1Event): number {
  return Date.parse(String(lastTimestamp ?? eventTime ?? firstTimestamp ?? ''));
}
