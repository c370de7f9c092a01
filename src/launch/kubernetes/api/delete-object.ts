import { statusOf } from './api-error.ts';
import type { Cluster } from './cluster.ts';

/** Deletes an object of the namespace; no error if it is gone. @throws ApiError; the runtime's error */
export async function deleteObject(
  cluster: Cluster,
  of: { readonly kind: 'pods' | 'secrets'; readonly name: string; readonly options?: object },
): Promise<void> {
  const signal = new AbortController().signal;
  try {
    const path = cluster.path(of.kind, of.name);
    await cluster.send({ method: 'DELETE', path, body: of.options ?? {}, signal });
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}
