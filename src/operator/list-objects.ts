import { limits } from '../base/limits.ts';
import { TooLarge } from '../base/read-bounded.ts';
import type { Cluster } from '../launch/kubernetes/api/cluster.ts';

/** Objects, and the version of the list. */
export interface ListedObjects<T> {
  readonly items: readonly T[];
  readonly version: string;
}

/**
 * Lists objects of one kind, in pages; in smaller ones, where the objects are so large that a page cannot be read.
 *
 * @param path of the list, with its query
 * @throws as `Cluster.send`
 */
export async function listObjects<T>(
  cluster: Cluster,
  path: string,
  signal: AbortSignal,
): Promise<ListedObjects<T>> {
  for (let size: number = limits.operatorListPage; ; size = Math.ceil(size / 8)) {
    try {
      return await listIn(cluster, { path, size, signal });
    } catch (error) {
      if (!(error instanceof TooLarge) || size === 1) throw error;
    }
  }
}

async function listIn<T>(
  cluster: Cluster,
  { path, size, signal }: { readonly path: string; readonly size: number; readonly signal: AbortSignal },
): Promise<ListedObjects<T>> {
  const found: T[] = [];
  const mark = path.includes('?') ? '&' : '?';
  for (let next = ''; ; ) {
    const page = `${path}${mark}limit=${size}${next}`;
    const { items, metadata = {} } = (await cluster.send({ method: 'GET', path: page, signal })) as {
      readonly items?: readonly T[] | null;
      readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
    };
    found.push(...(items ?? []));
    if (!metadata.continue) return { items: found, version: metadata.resourceVersion ?? '' };
    next = `&continue=${encodeURIComponent(metadata.continue)}`;
  }
}
