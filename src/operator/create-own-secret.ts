import { isTemporary, reasonOfApi, statusOf } from '../launch/kubernetes/api/api-error.ts';
import type { ApiObject, Cluster } from '../launch/kubernetes/api/cluster.ts';

const never = new AbortController().signal;

/**
 * Creates a Secret of a pod. One of its name counts only if it is this pod's: that of an earlier pod of the same name has another
 * job's variables, and goes in a moment.
 *
 * @returns why the server refuses it for good: a clause; null: it is there
 * @throws what is to be tried again
 */
export async function createOwnSecret(
  cluster: Cluster,
  body: ApiObject,
  uid: string,
): Promise<string | null> {
  try {
    await cluster.send({ method: 'POST', path: cluster.path('secrets'), body, signal: never });
    return null;
  } catch (error) {
    const status = statusOf(error);
    const { name = '' } = (body['metadata'] ?? {}) as { readonly name?: string };
    if (status === 409) {
      if (await hasOwnSecret(cluster, name, uid)) return null;
      throw new Error(`there is a Secret ${name} that is not its pod's`, { cause: error });
    }
    if (isTemporary(error) || status === 401) throw error;
    return `its Secret cannot be made: ${reasonOfApi(error)}`;
  }
}

/** Whether there is a Secret of this name, and it is this pod's. @throws what is to be tried again */
export async function hasOwnSecret(cluster: Cluster, name: string, uid: string): Promise<boolean> {
  const path = cluster.path('secrets', name);
  try {
    const { metadata } = (await cluster.send({ method: 'GET', path, signal: never })) as {
      readonly metadata?: { readonly ownerReferences?: readonly { readonly uid: string }[] };
    };
    return metadata?.ownerReferences?.some((owner) => owner.uid === uid) === true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}
