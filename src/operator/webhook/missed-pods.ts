import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { pause } from '../../base/timer.ts';
import { reasonOfApi, statusOf } from '../../launch/kubernetes/api/api-error.ts';
import type { Cluster } from '../../launch/kubernetes/api/cluster.ts';
import { group } from '../job-resource.ts';
import { allObjects } from '../list-objects.ts';
import { type AdmittedPod, annotations, injectLabel } from './admitted-pod.ts';
import { isOwn, isService } from './choose-container.ts';

/** A pod, as far as it matters whether it was wrapped. */
interface SeenPod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: AdmittedPod['spec'];
}

/** Where pods are looked for, and where never. */
interface Searched {
  readonly cluster: Cluster;
  readonly excluded: readonly string[];
}

/**
 * Tells of labelled pods that were not wrapped, by an event of each: the webhook could not, or nobody served it, and the
 * installer wanted pods to be made all the same. From time to time, until the signal is aborted.
 */
export async function tellMissedPods(searched: Searched, signal: AbortSignal): Promise<void> {
  let told: ReadonlySet<string> = new Set();
  for (let trouble = ''; !signal.aborted; await pause(limits.missedPodsMs, signal)) {
    try {
      told = await tellAll(searched, told, signal);
      trouble = '';
    } catch (error) {
      const reason = reasonOfApi(error);
      if (!signal.aborted && reason !== trouble) log(`Labelled pods cannot be looked for: ${reason}`);
      trouble = reason;
    }
  }
}

/** @returns the UIDs of pods that were told of and are still there */
async function tellAll(
  { cluster, excluded }: Searched,
  told: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const missed = (await labelledPods(cluster, signal)).filter(
    ({ metadata, spec }) =>
      metadata.annotations?.[annotations.injected] !== 'true' &&
      !isOwn({ metadata, spec }) &&
      !excluded.includes(metadata.namespace) &&
      Date.now() - Date.parse(metadata.creationTimestamp) < limits.missedPodAgeMs,
  );
  for (const pod of missed) if (!told.has(pod.metadata.uid)) await tell(cluster, pod, signal);
  return new Set(missed.map(({ metadata }) => metadata.uid));
}

/** Of all namespaces, or where only the own one may be looked into, of that. */
async function labelledPods(cluster: Cluster, signal: AbortSignal): Promise<readonly SeenPod[]> {
  const labelled = encodeURIComponent(`${injectLabel}=true`);
  const unrefused = encodeURIComponent(`${injectLabel}!=false`);
  const pods = `pods?labelSelector=${labelled}`;
  const found = [
    ...((await list<SeenPod>(cluster, `/api/v1/${pods}`, signal)) ??
      (await list<SeenPod>(cluster, cluster.path(pods), signal)) ??
      []),
  ];
  const own = encodeURIComponent(`${injectLabel}=true,kubernetes.io/metadata.name=${cluster.namespace}`);
  const namespaces =
    (await list<SeenPod>(cluster, `/api/v1/namespaces?labelSelector=${labelled}`, signal)) ??
    (await list<SeenPod>(cluster, `/api/v1/namespaces?labelSelector=${own}`, signal)) ??
    [];
  for (const { metadata } of namespaces) {
    const place = `/api/v1/namespaces/${encodeURIComponent(metadata.name)}/pods`;
    const all = (await list<SeenPod>(cluster, `${place}?labelSelector=${unrefused}`, signal)) ?? [];
    found.push(...all.filter((pod) => !isService(pod)));
  }
  return found;
}

/** Null: it may not be listed. */
async function list<T>(cluster: Cluster, path: string, signal: AbortSignal): Promise<readonly T[] | null> {
  try {
    return await allObjects<T>(cluster, path, signal);
  } catch (error) {
    if (statusOf(error) === 403) return null;
    throw error;
  }
}

/** Its name is always the same: whoever tells of the pod again learns that it was told. */
async function tell(cluster: Cluster, { metadata }: SeenPod, signal: AbortSignal): Promise<void> {
  const { name, namespace, uid } = metadata;
  const reason = metadata.annotations?.[annotations.reason] ?? 'the webhook was not asked, or did not answer';
  const time = new Date().toISOString();
  const body = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name.slice(0, 200).replace(/[-.]+$/, '')}.${uid.slice(0, 8)}.not-wrapped`,
      namespace,
    },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
    reason: 'NotWrapped',
    message: `The pod is not wrapped, and not reported: ${reason}`,
    type: 'Warning',
    source: { component: group },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
  try {
    await cluster.send({ method: 'POST', path, body, signal });
  } catch (error) {
    // It was told before, or the pod goes with its namespace; no other pod has to wait for this one.
    if (![403, 404, 409, 422].includes(statusOf(error) ?? 0)) throw error;
  }
}
