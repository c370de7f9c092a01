import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import { limits } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';
import { shorten } from '../../base/shorten.ts';
import { pause } from '../../base/timer.ts';
import type { Cluster } from './api/cluster.ts';
import { secretNames } from './pod-names.ts';

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

/** What has gone wrong with a pod, as its cluster tells it, the newest last: a bounded number of clauses. */
export async function warnings(cluster: Cluster, pod: V1Pod): Promise<readonly string[]> {
  const late = AbortSignal.timeout(limits.engineReasonMs);
  const own = secretNames(pod.metadata?.name ?? '');
  const found = (await podEvents(cluster, pod, late)).filter(
    // A pod waits for its Secret: that is no fault.
    ({ type, message = '' }) =>
      type === 'Warning' && !own.some((name) => message.includes(`"${name}" not found`)),
  );
  return found.slice(-limits.shownPodEvents).map(({ reason = '', message = '', count = 1 }) => {
    const often = count > 1 ? ` (${count} times)` : '';
    return shorten(printable(`${reason}${often}: ${message.trim().replaceAll(/\s*\n\s*/g, ' ')}`));
  });
}

function timeOf({ lastTimestamp, eventTime, firstTimestamp }: CoreV1Event): number {
  return Date.parse(String(lastTimestamp ?? eventTime ?? firstTimestamp ?? ''));
}
