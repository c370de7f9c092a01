import { limits } from '../base/limits.ts';
import { pause } from '../base/timer.ts';
import { statusOf } from '../launch/kubernetes/api/api-error.ts';
import type { Cluster } from '../launch/kubernetes/api/cluster.ts';

const never = new AbortController().signal;

/** Stops the pods of a Deployment in the cluster's namespace, and waits until they are gone. @throws ApiError; the runtime's error */
export async function stopDeployment(cluster: Cluster, name: string): Promise<void> {
  const place = `/apis/apps/v1/namespaces/${encodeURIComponent(cluster.namespace)}/deployments`;
  const path = `${place}/${encodeURIComponent(name)}`;
  const body = { spec: { replicas: 0 } };
  let labels: Readonly<Record<string, string>>;
  try {
    const { spec } = (await cluster.send({ method: 'PATCH', path, body, signal: never })) as {
      readonly spec: { readonly selector: { readonly matchLabels: Readonly<Record<string, string>> } };
    };
    labels = spec.selector.matchLabels;
  } catch (error) {
    if (statusOf(error) === 404) return;
    throw error;
  }
  const selector = Object.entries(labels).map((each) => each.join('='));
  const pods = `${cluster.path('pods')}?labelSelector=${encodeURIComponent(selector.join(','))}`;
  for (;;) {
    const { items } = await cluster.send({ method: 'GET', path: pods, signal: never });
    if (Array.isArray(items) && items.length === 0) return;
    await pause(limits.engineRetryMs, never);
  }
}
