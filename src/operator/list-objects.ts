import { limits } from '../base/limits.ts';
import { TooLarge } from '../base/read-bounded.ts';
import type { Cluster } from '../launch/kubernetes/api/cluster.ts';
import { listOf } from '../launch/kubernetes/api/list-of.ts';

/** A part of a list. */
export interface ListedObjects<T> {
  readonly items: readonly T[];
  /** That of the whole list: what happens after it is not in the list. */
  readonly version: string;
}

/**
 * Lists objects of one kind, a page at a time; in smaller ones, where the objects are so large that a page cannot be read.
 *
 * @param path of the list, with its query
 * @throws as `Cluster.send`
 */
export async function* listObjects<T>(
  cluster: Cluster,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<ListedObjects<T>> {
  const mark = path.includes('?') ? '&' : '?';
  let size: number = limits.operatorListPage;
  for (let next: string | null = ''; next !== null; ) {
    const page: string = `${path}${mark}limit=${size}${next}`;
    let found: ReturnType<typeof listOf<T>>;
    try {
      found = listOf<T>(await cluster.send({ method: 'GET', path: page, signal }));
    } catch (error) {
      if (!(error instanceof TooLarge) || size === 1) throw error;
      size = Math.ceil(size / 8);
      continue;
    }
    yield found;
    next = found.next === null ? null : `&continue=${encodeURIComponent(found.next)}`;
  }
}

/** All of them at once. @throws as `listObjects` */
export async function allObjects<T>(
  cluster: Cluster,
  path: string,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const pages = await Array.fromAsync(listObjects<T>(cluster, path, signal));
  return pages.flatMap(({ items }) => items);
}
