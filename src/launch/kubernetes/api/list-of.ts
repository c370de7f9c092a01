import type { ApiObject } from './cluster.ts';

/** A page of a list. */
interface ListPage<T> {
  readonly items: readonly T[];
  /** A watch can go on from it. */
  readonly version: string;
  /** What the next page is asked for with; null: it was the last one. */
  readonly next: string | null;
}

/**
 * An answer as a list. Whoever concludes from it that something is gone has to know that it is one: what answers in the place of
 * a server that is away may say anything, and that without an error.
 *
 * @throws Error if it is none
 */
export function listOf<T>(answer: ApiObject): ListPage<T> {
  const { kind, items, metadata } = answer as {
    readonly kind?: unknown;
    readonly items?: readonly T[] | null;
    readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  };
  if (typeof kind !== 'string' || !kind.endsWith('List')) throw new Error('its answer is not a list');
  // An empty list may be null.
  return { items: items ?? [], version: metadata?.resourceVersion ?? '', next: metadata?.continue || null };
}
