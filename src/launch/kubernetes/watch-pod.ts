import type { V1Pod } from '@kubernetes/client-node';
import type { Cluster } from './api/cluster.ts';
import { type ObjectPlace, objectStates, readObject } from './watch-object.ts';

/** A pod's states, from now on: null where it is not there. @throws as `objectStates` */
export function podStates(
  cluster: Cluster,
  name: string,
  of: { readonly signal: AbortSignal; readonly silent: (reason: string) => void },
): AsyncGenerator<V1Pod | null> {
  return objectStates(cluster, placeOf(cluster, name), of) as AsyncGenerator<V1Pod | null>;
}

/** The pod as it is now; null where it is not there. @throws ApiError; the runtime's error */
export async function readPod(cluster: Cluster, name: string, signal: AbortSignal): Promise<V1Pod | null> {
  return (await readObject(cluster, placeOf(cluster, name), signal)) as V1Pod | null;
}

function placeOf(cluster: Cluster, name: string): ObjectPlace {
  return { list: cluster.path('pods'), name, kind: 'pod' };
}
